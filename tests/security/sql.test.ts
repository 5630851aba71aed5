import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DaybreakError } from '../../domain/errors';
import { runDayBuild } from '../../engines/build-day';
import { openDatabase, type Database } from '../../engines/duckdb/database';
import { openMicroBatch } from '../../engines/duckdb/micro-batch';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { loadPipeline } from '../../engines/load-pipeline';
import { DAY, event, lines, loadExample, pipelineLike, scratchFolder, writeFiles } from '../engines/scratch';

const root = scratchFolder();
const secret = join(root, 'secret.csv');
const SECRET = 'a-line-that-no-transform-may-read';
const REST = 'e.id AS user_id, e.hello AS user_name, e.hello, e.id AS uid FROM events e';

beforeAll(async () => {
  await writeFile(secret, `${SECRET}\n${SECRET}\n`);
});

async function refusal(work: () => Promise<unknown>): Promise<DaybreakError> {
  const thrown: unknown = await work().catch((reason: unknown) => reason);
  if (!(thrown instanceof DaybreakError)) throw new Error(`not refused: ${String(thrown)}`);
  expect(thrown.message).not.toContain(SECRET);
  return thrown;
}

const check = async (sql: string) => loadPipeline(await pipelineLike('events', root, { 'transform.sql': sql }));

describe('the check of a pipeline refuses', () => {
  it.each([
    `FROM '${secret}'`,
    `FROM "${secret}"`,
    `SELECT * FROM '${secret}'`,
    `SELECT s.column0 AS time, ${REST}, '${secret}' s`,
    `SELECT s.column0 AS time, ${REST} JOIN '${secret}' s ON true`,
    `SELECT s.column0 AS time, ${REST}, read_csv('${secret}') s`,
    `SELECT s.content AS time, ${REST}, read_text('${secret}') s`,
    `SELECT s.content AS time, ${REST} LEFT JOIN LATERAL (FROM read_blob('${secret}')) s ON true`,
    `SELECT s.file AS time, ${REST}, glob('/etc/*') s`,
    `SELECT (SELECT content FROM read_text('${secret}')) AS time, ${REST}`,
    `SELECT e.time, ${REST} WHERE e.hello IN (FROM read_text('${secret}'))`,
    `SELECT e.time, ${REST} LIMIT (SELECT count(*) FROM read_text('${secret}'))`,
    `WITH s AS (FROM read_text('${secret}')) SELECT s.content AS time, ${REST}, s`,
    `SELECT e.time, ${REST} UNION ALL SELECT content, 1, '', '', 1 FROM read_text('${secret}')`,
    `SELECT s.time, ${REST}, query('FROM read_text(''${secret}'')') s`,
    `SELECT s.time, ${REST}, query_table('${secret}') s`,
    `SELECT e.time, ${REST}, json_execute_serialized_sql(json_serialize_sql('SELECT 1'))`,
    `SELECT s.x AS time, ${REST}, read_json('http://127.0.0.1:1/x') s`,
    `SELECT s.x AS time, ${REST}, 'https://example.org/x.parquet' s`,
    `SELECT s.x AS time, ${REST}, read_parquet('s3://bucket/x') s`,
    `SELECT getenv('HOME') AS time, ${REST}`,
    `SELECT "getenv"('HOME') AS time, ${REST}`,
    `SELECT current_setting('secret_directory') AS time, ${REST}`,
    `SELECT write_log('x') AS time, ${REST}`,
    `SELECT list_transform([e.time], x -> write_log(x))[1] AS time, ${REST}`,
    `SELECT current_query() AS time, ${REST}`,
    `SELECT pg_sleep(3600)::VARCHAR AS time, ${REST}`,
    `SELECT s.value AS time, ${REST}, duckdb_settings() s`,
    `SELECT e.time, ${REST}, duckdb_secrets() s`,
    `SELECT e.time, ${REST}, daybreak.staged s`,
    `SELECT e.time, ${REST}, information_schema.tables s`,
    `COPY (SELECT 1) TO '${join(root, 'copied')}'`,
    `COPY events TO '${join(root, 'copied')}'`,
    `ATTACH '${join(root, 'attached')}' AS a`,
    'INSTALL httpfs',
    'LOAD httpfs',
    'PRAGMA database_list',
    'SET enable_external_access = true',
    'RESET lock_configuration',
    `EXPORT DATABASE '${join(root, 'exported')}'`,
    'CREATE TABLE x AS SELECT 1',
    'DROP TABLE names',
    'CALL pragma_version()',
    'DESCRIBE events',
    'SUMMARIZE events',
    'EXPLAIN ANALYZE SELECT 1',
    `SELECT e.time, ${REST}; DROP TABLE names`,
    `SELECT e.time, ${REST}; SELECT e.time, ${REST}`,
    `SELECT e.time, ${REST}; COPY names TO '${join(root, 'copied')}'`,
    `SELECT e.time, ${REST}) AS x; COPY names TO '${join(root, 'copied')}'; SELECT * FROM (SELECT 1`,
    `SELECT e.time, ${REST}) AS daybreak_row, read_text('${secret}'), (SELECT 1`,
    `SELECT e.time, ${REST} /*`,
    `SELECT e.time, ${REST} '`,
    `/* SELECT */ FROM read_text('${secret}') --`,
    `-- \rSELECT content AS time FROM read_text('${secret}')`,
    'PREPARE x AS SELECT 1',
    `SELECT $1 AS time, ${REST}`,
    '',
    ';',
    '\0',
  ])('%s', async (sql) => {
    expect((await refusal(() => check(sql))).code).toBe('BAD_TRANSFORM');
  });

  it.each([`SELECT e.time, ${REST};;`, `SELECT e.time, ${REST}; -- the end`, `SELECT e.time, ${REST} ; /* the end */`])(
    'what would stop both layers only when they run it: %s',
    async (sql) => {
      const error = await refusal(() => check(sql));
      expect(error).toMatchObject({
        code: 'BAD_TRANSFORM',
        remedy: expect.stringContaining('at most one ;') as string,
      });
      expect(error.what).toMatch(/transform\.sql:1:\d+: /);
    },
  );

  it('nothing that only looks hostile', async () => {
    await check(`SELECT '; DROP TABLE names; --' || e.time AS time, ${REST} -- read_text('/etc/passwd')\n;\n`);
  });
});

/** Transforms that the check refuses. These pipelines are not checked, as if the check had a hole. */
const PAST_THE_CHECK = [
  `SELECT column0 AS time, ${REST}, read_csv('${secret}', header = false)`,
  `SELECT content AS time, ${REST}, read_text('${secret}')`,
  `SELECT content AS time, ${REST}, read_blob('/proc/self/environ')`,
  `SELECT s.column0 AS time, ${REST}, '${secret}' s`,
  `SELECT file AS time, ${REST}, glob('/etc/*')`,
  `SELECT getenv('HOME') AS time, ${REST}`,
  `SELECT s.x AS time, ${REST}, read_json('http://127.0.0.1:1/x') s`,
  `SELECT s.content AS time, ${REST}, query('FROM read_text(''${secret}'')') s`,
];

async function unchecked(transform: string): Promise<LoadedPipeline> {
  return { ...(await loadExample('events')), transform };
}

describe.each(PAST_THE_CHECK)('past the check, %s', (sql) => {
  it('reads nothing in a micro-batch', async () => {
    const batch = await openMicroBatch(await unchecked(sql));
    try {
      expect((await refusal(() => batch.run([Buffer.from(event(1))]))).code).toBe('ENGINE_FAILED');
    } finally {
      batch.close();
    }
  });

  it('reads nothing in the build of a day, and nothing is published', async () => {
    const [input, output] = [join(root, 'input'), join(root, 'output')];
    await writeFiles(input, { 'names.20261121.07.json': lines(event(1)) });
    const options = { date: DAY, input, output, engine: 'duckdb' } as const;
    const error = await refusal(async () => runDayBuild(await unchecked(sql), options));
    expect(['ENGINE_FAILED', 'OUTPUT_FAILED']).toContain(error.code);
    expect((await readdir(output)).filter((name) => !name.startsWith('.'))).toEqual([]);
  });
});

describe('a database of a transform', () => {
  let database: Database;
  const output = join(root, 'written');

  beforeAll(async () => {
    const { pipeline, tables } = await loadExample('events');
    await writeFiles(output, {});
    database = await openDatabase(pipeline, tables, { outputFolder: output });
  });
  afterAll(() => {
    database.close();
  });

  it.each([
    `FROM read_csv('${secret}')`,
    `FROM read_text('${secret}')`,
    `FROM '${secret}'`,
    `FROM read_parquet('${secret}')`,
    `FROM sniff_csv('${secret}')`,
    `FROM parquet_metadata('${secret}')`,
    `FROM read_duckdb('${secret}')`,
    "FROM glob('/etc/*')",
    "FROM read_csv('/dev/stdin')",
    `FROM read_text('${output}/../secret.csv')`,
    "FROM read_csv('http://127.0.0.1:1/x')",
    "FROM read_parquet('s3://bucket/x')",
    `COPY (SELECT 1) TO '${join(root, 'copied.csv')}'`,
    `COPY (SELECT 1) TO '${output}/../copied.csv'`,
    `COPY (SELECT 1) TO '${output}-beside.csv'`,
    `COPY names FROM '${secret}'`,
    `ATTACH '${join(root, 'attached.db')}'`,
    "ATTACH ':memory:' AS other (TYPE sqlite)",
    `EXPORT DATABASE '${join(root, 'exported')}'`,
    `IMPORT DATABASE '${root}'`,
    'INSTALL httpfs',
    "INSTALL httpfs FROM 'http://127.0.0.1:1'",
    'LOAD httpfs',
    `LOAD '${secret}'`,
    'CREATE PERSISTENT SECRET s (TYPE http)',
    'SET enable_external_access = true',
    'RESET enable_external_access',
    'SET lock_configuration = false',
    'RESET lock_configuration',
    `SET allowed_directories = ['/']`,
    `SET temp_directory = '${root}'`,
    `SET profiling_output = '${join(root, 'profile')}'`,
    `SET secret_directory = '${root}'`,
    `SET log_query_path = '${join(root, 'queries')}'`,
    'SET GLOBAL threads = 64',
    "SET memory_limit = '1TB'",
    'PRAGMA threads = 64',
    "SELECT getenv('HOME')",
  ])('refuses %s', async (sql) => {
    await expect(database.connection.runAndReadAll(sql)).rejects.toThrow(
      /Permission Error|configuration has been locked|does not exist|not exist|Binder Error/,
    );
    const written = (await readdir(root)).filter((name) =>
      /copied|attached|exported|beside|profile|queries/.test(name),
    );
    expect(written).toEqual([]);
  });

  it('writes to its own folder, so that the refusals above are no broken path', async () => {
    await database.connection.run(`COPY (SELECT 1) TO '${join(output, 'own.csv')}'`);
    expect(await readdir(output)).toEqual(['own.csv']);
  });
});
