import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DaybreakError } from '../../domain/errors';
import { runDayBuild } from '../../engines/build-day';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { loadPipeline } from '../../engines/load-pipeline';
import { DAY, event, lines, loadExample, pipelineLike, scratchFolder, writeFiles } from '../engines/scratch';

const root = scratchFolder();
const REST = 'e.id AS user_id, e.hello AS user_name, e.hello, e.id AS uid FROM events e';
const input = join(root, 'input');

beforeAll(() => writeFiles(input, { 'names.20261121.07.json': lines(event(1)) }));

async function refusal(work: () => Promise<unknown>): Promise<DaybreakError> {
  const thrown: unknown = await work().catch((reason: unknown) => reason);
  if (!(thrown instanceof DaybreakError)) throw new Error(`not refused: ${String(thrown)}`);
  return thrown;
}

const onSpark = (sql: string) => ({
  'transform.sql': sql,
  'pipeline.yaml': (text: string) => `${text}\nbatch:\n  engine: spark\n`,
});

describe('what Java offers in Spark is refused by the check', () => {
  it.each([
    `SELECT reflect('java.lang.System', 'getenv', 'HOME') AS time, ${REST}`,
    `SELECT java_method('java.lang.Runtime', 'getRuntime') AS time, ${REST}`,
    `SELECT TRANSFORM(e.time) USING 'sh' AS time, ${REST}`,
    `SELECT e.time, ${REST}, csv.\`/etc/passwd\``,
    `SELECT e.time, ${REST}, text."/etc/passwd"`,
    `SELECT e.time, ${REST} LATERAL VIEW explode(array(1)) x`,
    `SELECT input_file_name() AS time, ${REST}`,
    `SELECT e.time, ${REST}; ADD JAR '/tmp/x.jar'`,
    `SELECT e.time, ${REST}; !sh`,
  ])('%s', async (sql) => {
    expect((await refusal(async () => loadPipeline(await pipelineLike('events', root, onSpark(sql))))).code).toBe(
      'BAD_TRANSFORM',
    );
  });
});

/** One row-wise SELECT for DuckDB. Spark would see a call in it that DuckDB does not see. */
const POLYGLOTS = [
  `SELECT /* /* */ reflect('java.lang.System', 'getenv', 'HOME') AS time, -- */ e.time,\n ${REST}`,
  `SELECT e.time AS "a\\", ' ", reflect(1) AS "b ' AS "c", ${REST}`,
  `SELECT e.time || '\n-- ' AS time, '\n , reflect(1) AS x, ' || ${REST}`,
  `SELECT $$ ' $$ || e.time AS time, ' , reflect(1), ' || ${REST}`,
  `SELECT $q$ /* $q$ || e.time AS time, /* */ ${REST}`,
  `SELECT E'\\' , reflect(1) AS x, \\'' || e.time AS time, ${REST}`,
  `SELECT e'\\'' || e.time AS time, ${REST}`,
  `SELECT e.time, -- \r ${REST}`,
  `SELECT e.time AS "a\nb", ${REST}`,
  `SELECT e.time AS "a;b", ${REST}`,
  `SELECT e.time AS "a\`b", ${REST}`,
];

/** A line break in a text is harmless: it is escaped for Spark. */
const MADE_HARMLESS = 2;

describe('what DuckDB and Spark would split into other words', () => {
  it.each(POLYGLOTS.filter((_, index) => index !== MADE_HARMLESS))('is refused by the check: %j', async (sql) => {
    const error = await refusal(async () => loadPipeline(await pipelineLike('events', root, onSpark(sql))));
    expect(error).toMatchObject({
      code: 'BAD_TRANSFORM',
      what: expect.stringMatching(/transform\.sql:\d+: .* read differently$/) as string,
    });
  });

  it.each(POLYGLOTS)('never gets to Spark, not even past the check: %j', async (sql) => {
    const loaded = { ...(await loadExample('events')), transform: sql };
    const { script } = await buildWithFakeSpark(loaded, 'polyglot').catch(() => ({ script: '' }));
    expect(withoutTexts(script)).not.toContain('reflect');
  });
});

it('gives Spark the transform of a pipeline that is right', async () => {
  const { script } = await buildWithFakeSpark(await loadExample('events'), 'right');
  expect(script).toContain('LEFT JOIN names n');
});

describe('the environment of Spark', () => {
  const others = {
    KAFKA_SASL_PASSWORD: 'secret-of-kafka',
    DRUID_PASSWORD: 'secret-of-druid',
    DAYBREAK_OUTPUT_TOKEN: 'secret-of-the-output',
    DAYBREAK_PAYLOAD_KEYS: 'secret-of-the-payloads',
    TEMPORAL_API_KEY: 'secret-of-temporal',
    AWS_SECRET_ACCESS_KEY: 'secret-of-a-store',
    NPM_TOKEN: 'secret-of-a-registry',
    PGPASSWORD: 'secret-of-a-database',
    SPARKLING_TOKEN: 'secret-of-no-spark',
    LD_PRELOAD_: 'secret-of-no-name',
    'BASH_FUNC_x%%': '() { secret-of-a-shell; }',
  };
  const needed = { SPARK_CONF_DIR: '/etc/spark', HADOOP_CONF_DIR: '/etc/hadoop', LC_ALL: 'C.UTF-8', TZ: 'Asia/Seoul' };
  const before = { ...process.env };

  beforeEach(() => Object.assign(process.env, others, needed));
  afterEach(() => {
    for (const name of Object.keys({ ...others, ...needed })) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before);
  });

  it('has no password and nothing that nobody named: its log is kept, and its driver runs what a pipeline says', async () => {
    const { environment } = await buildWithFakeSpark(await loadExample('events'), 'secrets');
    expect(environment).not.toContain('secret-of');
    for (const name of ['PATH', 'HOME']) expect(environment).toContain(`\n${name}=`);
    for (const [name, value] of Object.entries(needed)) expect(environment).toContain(`\n${name}=${value}\n`);
  });

  it('has what is named, and no more', async () => {
    const passed = ['AWS_SECRET_ACCESS_KEY', 'NOT_SET'];
    const { environment } = await buildWithFakeSpark(await loadExample('events'), 'passed', passed);
    expect(environment.match(/secret-of[a-z-]*/g)).toEqual(['secret-of-a-store']);
  });
});

/** The script without its texts, as Spark splits it. */
function withoutTexts(script: string): string {
  return script
    .split('\n')
    .filter((line) => !line.startsWith('--'))
    .join('\n')
    .replaceAll(/'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/g, '');
}

/** Builds with a program instead of Spark that records its script and its environment, and fails. */
async function buildWithFakeSpark(
  loaded: LoadedPipeline,
  name: string,
  passed?: readonly string[],
): Promise<{ readonly script: string; readonly environment: string }> {
  const kept = join(root, name);
  const sparkSql = join(root, `${name}.sh`);
  await writeFile(
    sparkSql,
    `#!/bin/sh\n(echo; env) > '${kept}.env'\nfor last; do :; done\ncp "$last" '${kept}.sql'\nexit 1\n`,
    { mode: 0o755 },
  );
  await refusal(() =>
    runDayBuild(loaded, {
      date: DAY,
      input,
      output: join(root, `output-${name}`),
      engine: 'spark',
      findSpark: () => Promise.resolve({ sparkSql, ...(passed && { passed }) }),
    }),
  );
  return { script: await readFile(`${kept}.sql`, 'utf8'), environment: await readFile(`${kept}.env`, 'utf8') };
}
