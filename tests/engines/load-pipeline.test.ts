import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPipeline, loadPipelineNamed } from '../../engines/load-pipeline';
import { loadExample, pipelineLike, scratchFolder } from './scratch';

const root = scratchFolder();

const events = async (changes: Parameters<typeof pipelineLike>[2]) =>
  loadPipeline(await pipelineLike('events', root, changes));
const rides = async (changes: Parameters<typeof pipelineLike>[2]) =>
  loadPipeline(await pipelineLike('rides', root, changes));
const yaml = (from: string | RegExp, to: string) => ({ 'pipeline.yaml': (text: string) => text.replace(from, to) });

describe('a pipeline folder', () => {
  it('gives the output columns in the order of the SQL', async () => {
    expect((await loadExample('events')).outputColumns).toEqual([
      { name: 'time', type: 'VARCHAR' },
      { name: 'user_id', type: 'BIGINT' },
      { name: 'user_name', type: 'VARCHAR' },
      { name: 'hello', type: 'VARCHAR' },
      { name: 'uid', type: 'BIGINT' },
    ]);
    expect((await loadExample('rides')).outputColumns.map(({ type }) => type)).toEqual([
      'VARCHAR',
      'BIGINT',
      'VARCHAR',
      'VARCHAR',
      'BOOLEAN',
      'DOUBLE',
    ]);
  });

  it('is found by its name, and no other folder is', async () => {
    expect((await loadPipelineNamed('pipelines', 'rides')).pipeline.name).toBe('rides');
    for (const name of ['ride', '../pipelines/rides', '.', '..', '']) {
      await expect(loadPipelineNamed('pipelines', name)).rejects.toMatchObject({
        code: 'UNKNOWN_PIPELINE',
        remedy: 'Use one of: clicks, events, rides.',
      });
    }
  });

  it('must be named as its folder is', async () => {
    const folder = await pipelineLike('events', root);
    await rename(folder, join(root, 'others'));
    await expect(loadPipeline(join(root, 'others'))).rejects.toMatchObject({ code: 'BAD_PIPELINE' });
  });

  it.each<[string, Parameters<typeof pipelineLike>[2], string]>([
    ['a type', yaml('id: BIGINT', 'id: INT'), ':7: events.columns.id is "INT"; accepted:'],
    ['a setting that there is not', yaml('timeZone:', 'timezone:'), ':3: there is no setting "timezone"'],
    ['one inside another', yaml('settleSeconds:', 'settleSecond:'), 'there is no setting "settleSecond" in gate'],
    [
      'a zone',
      yaml('Asia/Seoul', 'Asia/Soul'),
      ':3: timeZone is "Asia/Soul"; accepted: an IANA time zone, such as Asia/Seoul',
    ],
    [
      'an offset as a zone',
      yaml('Asia/Seoul', '+01:00'),
      ':3: timeZone is "+01:00"; accepted: an IANA time zone, such as Etc/GMT-1, which is +01:00 all year',
    ],
    [
      'an offset that YAML takes for a number',
      yaml('Asia/Seoul', '+0100'),
      ':3: timeZone is 100; accepted: an IANA time zone, such as Asia/Seoul',
    ],
    [
      'an offset as the zone of names',
      yaml('files:', "files:\n  timeZone: '-05:00'"),
      'files.timeZone is "-05:00"; accepted: an IANA time zone, such as Etc/GMT+5, which is -05:00 all year',
    ],
    [
      'a type in the long form',
      yaml('id: BIGINT', 'id: { type: INT }'),
      ':7: events.columns.id is {"type":"INT"}; accepted: type: VARCHAR, BIGINT,',
    ],
    [
      'a path',
      yaml('id: BIGINT', 'id: { type: BIGINT, path: user.id }'),
      ':7: events.columns.id.path is "user.id"; accepted: a path such as $.user.id',
    ],
    [
      'a list as the time',
      yaml('time: VARCHAR', 'time: VARCHAR[]'),
      'events.columns.time is "VARCHAR[]"; accepted: VARCHAR, which the time format',
    ],
    ['an unknown setting', yaml('matchColumn: uid', 'matchcolumn: uid'), 'matchcolumn'],
    [
      'a time column',
      yaml('column: time', 'column: when'),
      ':10: events.time.column is "when"; accepted: one of hello, id, time',
    ],
    [
      'the type of the time',
      yaml('format: yyyy-MM-dd HH:mm:ss', 'format: epoch-seconds'),
      'accepted: BIGINT or DOUBLE, which the time format epoch-seconds needs',
    ],
    [
      'the type of a time in nanoseconds',
      yaml('format: yyyy-MM-dd HH:mm:ss', 'format: epoch-nanoseconds'),
      'accepted: BIGINT, which the time format epoch-nanoseconds needs',
    ],
    ['the key of a table', yaml('key: [uid]', 'key: [id]'), 'tables.names.key.0 is "id"; accepted: one of uid, name'],
    [
      'a pattern',
      yaml('names.%Y%m%d.%H*.json', 'names.*.json'),
      'files.pattern is "names.*.json"; accepted: a path with',
    ],
    [
      'the location of the output',
      yaml('druid:', 'output: { location: s3://warehouse//events }\ndruid:'),
      "output.location: the location 's3://warehouse//events' has an empty part",
    ],
    [
      'an address of the worker for a webhook',
      yaml('druid:', 'notify: { webhooks: [{ variable: DRUID_BROKER_URL, format: json }] }\ndruid:'),
      'notify.webhooks.0.variable is "DRUID_BROKER_URL"; accepted: an environment variable of its own, none of AWS_ENDPOINT_URL,',
    ],
    ['YAML', yaml('timeZone:', 'timeZone: ['), 'pipeline.yaml:'],
    [
      'a name',
      yaml('hello: VARCHAR', '"a\'b": VARCHAR'),
      `:6: the name "a'b" in events.columns; accepted: at most 200`,
    ],
    [
      'a column of events named as Daybreak’s own',
      yaml('hello: VARCHAR', 'Daybreak_digest: VARCHAR'),
      ':6: the name "Daybreak_digest" in events.columns; accepted: a name that does not begin with daybreak_',
    ],
    [
      'a table named as Daybreak’s own',
      yaml('  names:\n', '  DAYBREAK_names:\n'),
      ':13: the name "DAYBREAK_names" in tables; accepted: a name that does not begin with daybreak_',
    ],
    [
      'its column named as Daybreak’s own',
      yaml('      name: VARCHAR', '      daybreak_text0: VARCHAR'),
      ':18: the name "daybreak_text0" in tables.names.columns; accepted: a name that does not begin with daybreak_',
    ],
    [
      'a column of digests named as Daybreak’s own',
      yaml('druid:\n', 'druid:\n  digestColumn: daybreak_row\n'),
      'druid.digestColumn is "daybreak_row"; accepted: daybreak_digest, or a name that does not begin with daybreak_',
    ],
    ['the key column', yaml('key: user_id', 'key: id'), 'kafka.key is id, which the transform does not give'],
  ])('names the line, the value and what is accepted for %s', async (_, changes, words) => {
    await expect(events(changes)).rejects.toMatchObject({
      code: 'BAD_PIPELINE',
      what: expect.stringContaining(words) as string,
    });
  });

  it.each<[string, Parameters<typeof pipelineLike>[2], string]>([
    ['a missing file', yaml('file: names.ndjson', 'file: nowhere.ndjson'), 'nowhere.ndjson'],
    ['a file outside', yaml('file: names.ndjson', 'file: ../rides/zones.csv'), 'lies outside the pipeline folder'],
    [
      'a repeated key',
      { 'names.ndjson': (text) => `${text}{"uid":0,"name":"Zoe"}\n` },
      '2 rows with the key {"uid":0}',
    ],
    [
      'a wrong type',
      { 'names.ndjson': (text) => text.replace('"uid":3', '"uid":"3"') },
      'line 4: uid is "3", not an integer of 64 bits',
    ],
    ['broken JSON', { 'names.ndjson': '{"uid":' }, 'names.ndjson'],
  ])('refuses a table with %s', async (_, changes, words) => {
    await expect(events(changes)).rejects.toMatchObject({
      code: 'BAD_TABLE',
      what: expect.stringContaining(words) as string,
    });
  });

  it('reads CSV by its header, with quotes and empty fields, and checks it', async () => {
    await rides({ 'zones.csv': 'borough,name,extra,zone\n1,"A ""b"", c",x,4\n,,,5\n' });
    await expect(rides({ 'zones.csv': 'zone,name,borough\n1.5,A,1\n' })).rejects.toMatchObject({
      code: 'BAD_TABLE',
      what: expect.stringContaining('line 2: zone is "1.5", not an integer of 64 bits') as string,
    });
    await expect(rides({ 'zones.csv': 'zone,title\n1,A\n' })).rejects.toMatchObject({ code: 'BAD_TABLE' });
  });

  it('reads every row of a CSV, also one that begins with # or that DuckDB would take for a title', async () => {
    for (const text of ['#a', 'a b']) {
      await expect(rides({ 'zones.csv': `zone,name,borough\n4,A,1\n${text},B,2\n5,C,3\n` })).rejects.toMatchObject({
        code: 'BAD_TABLE',
        what: expect.stringContaining(`line 3: zone is "${text}", not an integer of 64 bits`) as string,
      });
    }
    await expect(rides({ 'zones.csv': 'Zones\n\nzone,name,borough\n4,A,1\n5,B,2\n' })).rejects.toMatchObject({
      code: 'BAD_TABLE',
    });
  });

  it('allows repeated keys where the pipeline says so', async () => {
    await events({
      ...yaml('key: [uid]', 'key: [uid]\n    allowDuplicateKeys: true'),
      'names.ndjson': (text) => `${text}{"uid":0,"name":"Zoe"}\n`,
    });
  });
});

describe('a transform', () => {
  it.each([
    ['SELECT e.time, count(*) AS user_id FROM events e GROUP BY ALL', 'the aggregate count_star() is not row-wise'],
    ['SELECT e.time, e.id AS user_id, e.id AS uid FROM events e GROUP BY ALL', 'GROUP BY is not row-wise'],
    [
      'SELECT max(e.time) AS time, e.id AS user_id, e.id AS uid FROM events e',
      'transform.sql:1:8: the aggregate max() is not row-wise',
    ],
    ['SELECT DISTINCT e.time, e.id AS user_id, e.id AS uid FROM events e', 'DISTINCT is not row-wise'],
    [
      'SELECT e.time, row_number() OVER () AS user_id, 1 AS uid FROM events e',
      'a window function over events is not row-wise',
    ],
    ['SELECT e.time, e.id AS user_id, e.id AS uid FROM events e ORDER BY 1', 'ORDER BY is not row-wise'],
    ['SELECT e.time, e.id AS user_id, e.id AS uid FROM events e LIMIT 5', 'LIMIT is not row-wise'],
    ['SELECT e.time, e.id AS user_id, e.id AS uid FROM events e LIMIT 0', 'LIMIT is not row-wise'],
    ['SELECT e.time, e.id AS user_id, e.id AS uid FROM events e OFFSET 0', 'LIMIT is not row-wise'],
    ['SELECT DISTINCT ON (e.id) e.time, e.id AS user_id, e.id AS uid FROM events e', 'DISTINCT is not row-wise'],
    [
      'SELECT e.time, e.id AS user_id, e.id AS uid FROM events e USING SAMPLE 100%',
      'a sample takes other rows each time',
    ],
    [
      'SELECT e.time, e.id AS user_id, e.id AS uid FROM events e TABLESAMPLE 100%',
      'a sample takes other rows each time',
    ],
    [
      'SELECT e.time, e.id AS user_id, 1 AS uid FROM events e QUALIFY row_number() OVER () = 1',
      'a window function over events is not row-wise',
    ],
    [
      "SELECT 'a' AS time, 1 AS user_id, max(e.id) OVER (PARTITION BY e.id) AS uid FROM events e WHERE false",
      'a window function over events is not row-wise',
    ],
    ["SELECT 'a' AS time, 1 AS user_id, 1 AS uid FROM events HAVING true", 'GROUP BY is not row-wise'],
    ["SELECT 'a' AS time, 1 AS user_id, geomean(e.id) AS uid FROM events e", 'GROUP BY is not row-wise'],
    [
      'SELECT e.time, e.id AS user_id,\n (SELECT count(*) FROM events) AS uid FROM events e',
      'transform.sql:2:2: a subquery that reads events is not row-wise',
    ],
    ['SELECT * FROM (SELECT time, id AS user_id, id AS uid FROM events ORDER BY id LIMIT 1)', 'LIMIT is not row-wise'],
    [
      'WITH events AS (SELECT time, id FROM events) SELECT e.time, e.id AS user_id, e.id AS uid FROM events e',
      'WITH gives the name events another meaning',
    ],
    [
      'SELECT e.time, e.id AS user_id, (SELECT n.uid FROM names n WHERE n.uid < e.id) AS uid FROM events e',
      'the subquery over n can give several values for one event: compare every column of its key with =',
    ],
    [
      "WITH e AS (FROM events) SELECT e.time[:16] || ':00' AS time, e.id AS user_id, e.id AS uid FROM e",
      "computes the rows' time and does not name events in its last FROM",
    ],
    // The column that is called time here is another.
    [
      'SELECT e.time, e.id AS user_id, e.id AS uid FROM events e (time, id, hello)',
      'gives other names to the columns of events',
    ],
    [
      'SELECT e.time, e.id AS user_id, t.uid FROM events e LEFT JOIN LATERAL (SELECT max(uid) AS uid FROM names WHERE uid < e.id) t ON e.id > 3',
      'transform.sql: DuckDB cannot plan it: Join condition for non-inner LATERAL JOIN',
    ],
    [
      'SELECT e.time, e.id AS user_id, (SELECT sum(n.uid / 3) FROM names n) AS uid FROM events e',
      'sum(DOUBLE) may depend on the order of its rows: in a subquery use count,',
    ],
    [
      'SELECT e.time, e.id AS user_id, d.current_date::VARCHAR AS uid FROM events e, (SELECT current_date) d',
      'current_date',
    ],
    [
      'SELECT e.time, e.id AS user_id, e.id AS uid FROM events e UNION ALL SELECT time, id, id FROM events',
      'not one plain SELECT',
    ],
    ['SELECT e.time, e.id AS user_id, f.id AS uid FROM events e JOIN events f ON e.id = f.id', 'events exactly once'],
    ["SELECT 'x' AS time, 1 AS user_id, 1 AS uid FROM names", 'events exactly once'],
    [
      'SELECT e.time,\n  random() AS user_id, e.id AS uid FROM events e',
      'transform.sql:2:3: random() is not deterministic',
    ],
    ['SELECT e.time, now()::VARCHAR AS user_id, e.id AS uid FROM events e', 'now() is not deterministic'],
    ['SELECT e.time, current_date::VARCHAR AS user_id, e.id AS uid FROM events e', 'current_date is not deterministic'],
    ['SELECT e.time, uuid()::VARCHAR AS user_id, e.id AS uid FROM events e', 'uuid() is not deterministic'],
    [
      "SELECT e.time, e.id AS user_id, c.content AS uid FROM events e, read_text('/etc/passwd') c",
      'not a TABLE_FUNCTION',
    ],
    ["SELECT e.time, e.id AS user_id, e.id AS uid FROM events e, '/etc/passwd'", 'is not declared'],
    ['SELECT e.time, e.id AS user_id, e.id AS uid FROM events e, duckdb_settings', 'is not declared'],
    [
      'SELECT e.time, e.id AS user_id, n.uid FROM names n LEFT JOIN events e ON n.uid = e.id',
      'events stands right of a LEFT JOIN',
    ],
    [
      'SELECT e.time, e.id AS user_id, n.uid FROM events e FULL JOIN names n ON n.uid = e.id',
      'a FULL join is not row-wise',
    ],
    ['SELECT e.time, e.id AS user_id, n.uid FROM events e CROSS JOIN names n', 'the join of n can give several rows'],
    [
      'SELECT e.time, e.id AS user_id, n.uid FROM events e JOIN names n ON n.name = e.hello',
      'the join of n can give several rows',
    ],
    [
      'SELECT e.time, e.id AS user_id, n.uid FROM events e JOIN names n ON n.uid > e.id',
      'the join of n can give several rows',
    ],
    ['SELECT e.time, e.id AS user_id, unnest([1, 2]) AS uid FROM events e', 'unnest() makes several rows of one'],
    ['SELECT e.time, e.nothing AS user_id, e.id AS uid FROM events e', 'Binder Error: '],
    ['SELECT e.time, e.id / 3.0 AS user_id, now AS uid FROM events e', 'Binder Error: '],
    [
      'SELECT e.time, 1.5 AS user_id, e.id AS uid FROM events e',
      'the column user_id is a DECIMAL(2,1): write CAST(1.5 AS DOUBLE) AS user_id, or CAST(1.5 AS VARCHAR) AS user_id to keep every digit',
    ],
    [
      'SELECT e.time, e.id AS user_id, e.id::UBIGINT AS uid FROM events e',
      'a UBIGINT: write CAST(CAST(e.id AS UBIGINT) AS BIGINT) AS uid, or CAST(CAST(e.id AS UBIGINT) AS VARCHAR) AS uid to keep',
    ],
    [
      'SELECT e.time, e.id AS user_id, e.time::TIMESTAMP AS "at-1", e.id AS uid FROM events e',
      'the column at-1 is a TIMESTAMP: write CAST(CAST(e."time" AS TIMESTAMP) AS VARCHAR) AS "at-1"',
    ],
    ["SELECT e.time, e.id AS user_id, {'a': e.id} AS uid FROM events e", 'is a STRUCT(a BIGINT): write to_json('],
    ['SELECT e.time, e.id AS user_id, [e.id::FLOAT] AS uid FROM events e', 'AS DOUBLE[]) AS uid, or'],
    ['SELECT e.time, e.id AS user_id, [[e.id]] AS uid FROM events e', 'write to_json('],
    ['SELECT e.time, e.id AS user_id, [to_json(e.id)] AS uid FROM events e', 'is a JSON[]: write to_json('],
    ['SELECT e.time, e.id AS user_id, e.id AS uid, e.hello AS UID FROM events e', 'two columns are named'],
    [
      'SELECT e.time, e.id AS user_id, e.id AS uid, e.hello AS Daybreak_row FROM events e',
      "an output column is named Daybreak_row, as only Daybreak's own columns are",
    ],
    ['SELECT e.time, e.id AS user_id, $1 AS uid FROM events e', 'there are no parameters here'],
    ['SELEC e.time', 'transform.sql:1:1: syntax error'],
    ['SELECT e.time, e.id AS user_id, e.id AS uid FROM events e; SELECT 1', 'holds 2 statements'],
    ["COPY events TO '/tmp/x'", 'Only SELECT'],
  ])('is refused: %s', async (sql, words) => {
    await expect(events({ 'transform.sql': sql })).rejects.toMatchObject({
      code: 'BAD_TRANSFORM',
      what: expect.stringContaining(words) as string,
    });
  });

  it.each([
    "SELECT e.time, e.id AS user_id, n.uid FROM events e JOIN names n ON e.id % 10 = n.uid AND n.name <> 'x'",
    'SELECT e.time, e.id AS user_id, n.uid FROM events e, names n WHERE n.uid = e.id % 10',
    'SELECT e.time, e.id AS user_id, n.uid FROM events e LEFT JOIN names n ON uid = id -- unqualified',
    'SELECT e.time, e.id AS user_id, m.uid FROM events e JOIN names n ON n.uid = e.id JOIN names m ON m.uid = n.uid + 1',
    "SELECT e.time, [1::SMALLINT, 2] AS user_id, to_json({'a': e.id}) AS uid, [e.hello] AS texts, [true] AS flags FROM events e",
    // The time of each is computed, so that the event's own time is put beside it.
    ...[
      'WITH é AS (SELECT 1), selectée AS (FROM names), éselect AS (FROM names)',
      "WITH /* one /* two */ select ' */ n AS (FROM names)",
      'WITH n$$ AS (FROM names), m$$ AS (FROM names)',
      'WITH -- select\r n AS (FROM names)',
      `WITH "select" AS (SELECT 'select ('), n AS (SELECT E'\\'select (')`,
    ].map((start) => `${start} SELECT concat(e.time) AS time, e.id AS user_id, e.id AS uid FROM events e`),
    'SELECT t AS time, i AS user_id, i AS uid FROM events e (h, i, t)',
    "SELECT e.time, CASE WHEN e.hello LIKE 's%' THEN upper(e.hello) END AS user_id, 1 AS uid FROM events e WHERE e.id > 0;",
  ])('is taken: %s', async (sql) => {
    await events({ 'transform.sql': sql });
  });
});
