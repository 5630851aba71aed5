import { readFile } from 'node:fs/promises';
import { openDatabase, type Database } from '../../../engines/duckdb/database';
import { queryTexts } from '../../../engines/duckdb/query';
import { functionTraits } from '../../../engines/sql-check/transform-check';
import { functionViolation } from '../../../engines/sql-check/transform-rules';
import { loadPipeline } from '../../../engines/load-pipeline';
import { loadExample, pipelineLike, scratchFolder } from '../scratch';

const root = scratchFolder();
const REST = 'e.time, e.id AS user_id, e.hello AS user_name, e.hello, e.id AS uid FROM events e';
const check = async (expression: string) =>
  loadPipeline(await pipelineLike('events', root, { 'transform.sql': `SELECT ${expression} AS x, ${REST}` }));

describe('the catalogue of the pinned DuckDB', () => {
  let database: Database;
  beforeAll(async () => {
    const { pipeline } = await loadExample('events');
    database = await openDatabase(pipeline, undefined);
  });
  afterAll(() => {
    database.close();
  });

  /**
   * If you change the version of DuckDB, check each function that is new or has new numbers of arguments. Add it to
   * transform-rules if it depends on the day, the session or the machine. Add it to bounded-functions if a number or
   * the square of a text decides how much memory it takes.
   */
  it('has the functions that were looked at, and no other that a transform may call', async () => {
    const { connection } = database;
    const traits = await functionTraits(connection);
    const rows = await queryTexts(
      connection,
      `SELECT function_name, string_agg(DISTINCT len(parameters), ',' ORDER BY len(parameters))
       FROM duckdb_functions() WHERE function_type IN ('scalar', 'macro') AND function_name NOT LIKE 'icu_collate_%'
       GROUP BY ALL ORDER BY ALL`,
    );
    const allowed = rows.filter(([name]) => functionViolation(name ?? '', traits.get(name ?? '')) === undefined);
    const looked = await readFile('tests/engines/sql-check/functions.txt', 'utf8');
    expect(allowed.map((row) => row.join(' '))).toEqual(looked.trimEnd().split('\n'));
  });

  it('has other functions by which the rule is known to hold', async () => {
    const traits = await functionTraits(database.connection);
    for (const name of ['random', 'now', 'today', 'uuid', 'ago', 'pg_sleep', 'sum', 'pg_conf_load_time', 'nextval']) {
      expect([name, functionViolation(name, traits.get(name))]).toEqual([name, expect.any(String)]);
    }
  });
});

it.each([
  "age(TIMESTAMP '2026-01-01')::VARCHAR",
  "main.age(TIMESTAMP '2026-01-01')::VARCHAR",
  "MAIN.age(TIMESTAMP '2026-01-01')::VARCHAR",
  "system.age(TIMESTAMP '2026-01-01')::VARCHAR",
  '(e.time::TIMESTAMP).age()::VARCHAR',
  'e.time.age()::VARCHAR',
  'current_localtimestamp()::VARCHAR',
  'ago(INTERVAL 1 DAY)::VARCHAR',
  'pg_conf_load_time()::VARCHAR',
  'current_localtime()::VARCHAR',
  'version()',
  "json_serialize_plan('SELECT 1')::VARCHAR",
])('%s, which another day or machine gives another value, is refused', async (expression) => {
  await expect(check(expression)).rejects.toMatchObject({
    code: 'BAD_TRANSFORM',
    what: expect.stringMatching(/other rows|the same everywhere/) as string,
  });
});

it.each([
  'len(range(1000000000))',
  'len(range(e.id))',
  'len(range(0, 1000000000))',
  'len(range(0, e.id))',
  'len(range(0, 100000, 1))',
  'len(range(-100000, 0))',
  "len(generate_series(TIMESTAMP '2026-01-01', e.time::TIMESTAMP, INTERVAL 1 SECOND))",
  "repeat('a', e.id)",
  "repeat('a', 1000000000)",
  'repeat(e.hello, 10)',
  'e.hello.repeat(1000000000)',
  "lpad(e.hello, e.id::INTEGER, '0')",
  "rpad(e.hello, 1000000000, '0')",
  "main.rpad(e.hello, 1000000000, '0')",
  'len(list_resize([1], e.id))',
  "bitstring('1', 1000000000)::VARCHAR",
  'damerau_levenshtein(e.hello, e.time)',
  'levenshtein(e.hello, left(e.time, 10))',
  'jaro_winkler_similarity(left(e.hello, 100000), left(e.time, 10))',
  'editdist3(left(e.hello, e.id), left(e.time, 10))',
  "replace(e.hello, 'a', e.hello)",
  "regexp_replace(e.hello, 'a', e.hello, 'g')",
  "printf('%100000000d', e.id)",
  "printf('%*d', e.id, e.id)",
  "format('{:{}}', e.hello, e.id)",
  'format(e.hello, e.id)',
  'len(range(1, least(e.id, 100000)))',
  'len(range(e.id, least(e.id, 100)))',
  'len(range(100, least(e.id, 100), -1))',
  'len(range(1, least(e.id, 100), e.id))',
  'len(range(greatest(e.id, 100)))',
  'len(range(100000::BIGINT))',
  'len(range(e.id::INTEGER))',
  'len(range(least(e.id, TRY_CAST(1000 AS TINYINT))))',
  "len(range(least(('\"'||e.hello||'\"')::JSON, 100)::INTEGER))",
  'len(list_transform([e.hello::JSON], lambda id: len(range(least(id, 100)::INTEGER))))',
  'repeat(e.hello::VARCHAR, 10)',
  'repeat(left(e.hello, -1), 10)',
  'repeat(left(e.hello, least(e.id, 10)), 10)',
  "e.hello.rpad(1000000000, '0')",
])('%s, which one event could make to take all memory, is refused with what to write', async (expression) => {
  await expect(check(expression)).rejects.toMatchObject({
    code: 'BAD_TRANSFORM',
    what: expect.stringMatching(/transform\.sql:1:\d+: .*has no bound: write/) as string,
  });
});

it.each([
  'len(range(least(e.id, 100)))',
  'len(range(3))',
  'len(range(0, 100, 10))',
  "repeat(' ', least(10 - length(e.hello), 10))",
  "lpad(e.hello, 10, '0')",
  'damerau_levenshtein(left(e.hello, 100), left(e.time, 19))',
  "levenshtein(left(e.hello, 100), 'ssm-seoul')",
  "replace(e.hello, 'a', 'b')",
  "replace(e.hello, 'a', left(e.time, 10))",
  "regexp_replace(e.hello, '[^a-z]', '', 'g')",
  "printf('%05.2f %s', e.id::DOUBLE, e.hello)",
  "format('{:>10} {{}}', e.hello)",
  "format('**{}** of 10115', e.hello)",
  "printf('10115: %s * 100%%', e.hello)",
  "replace(e.hello, '|', chr(10))",
  "age(TIMESTAMP '2026-01-01', e.time::TIMESTAMP)::VARCHAR",
  "(e.time::TIMESTAMP).age(TIMESTAMP '2026-01-01')::VARCHAR",
  "list_transform([e.time::TIMESTAMP], lambda t: t.age(TIMESTAMP '2026-01-01'))[1]::VARCHAR",
  'len(range(1, least(e.id, 100)))',
  'len(range(greatest(e.id, 1), 100))',
  'len(range(100, greatest(e.id, 1), -1))',
  'len(range(10::INTEGER))',
  'len(range(least(e.id, 100::BIGINT)))',
  'len(range(greatest(least(e.id, 100), 0)))',
  'len(generate_series(1::BIGINT, least(e.id, 100)))',
  "lpad(e.hello, least(e.id, 100)::INTEGER, '0')",
  "lpad(e.hello, least(length(e.hello)::BIGINT, 100)::INTEGER, '0')",
  "repeat(' '::VARCHAR, 10::BIGINT)",
  "levenshtein(left(e.hello, 100::BIGINT)::VARCHAR, 'ssm-seoul')",
  "e.hello.lpad(10, '0')",
  'len(range(e.id.least(100)))',
])('%s, which has a bound, is not refused', async (expression) => {
  await expect(check(expression)).resolves.toMatchObject({ pipeline: { name: 'events' } });
});

it('refuses a method call of age() on what is no time by what DuckDB says of it, not for its number of arguments', async () => {
  await expect(check("e.time.age(TIMESTAMP '2026-01-01')::VARCHAR")).rejects.toMatchObject({
    code: 'BAD_TRANSFORM',
    what: expect.stringMatching(/No function matches.*age/) as string,
  });
});
