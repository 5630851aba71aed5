import { openDatabase, STAGED, type Database } from '../../../engines/duckdb/database';
import { NOTE } from '../../../engines/rule/record-rule';
import { multiplyingTables } from '../../../engines/sql-check/join-keys';
import { boundPlan } from '../../../engines/sql-check/plan-reader';
import { functionTraits } from '../../../engines/sql-check/transform-check';
import { rowWiseViolations } from '../../../engines/sql-check/transform-rules';
import { parseSql } from '../../../engines/sql-check/transform-syntax';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { loadExample } from '../scratch';

let database: Database;
let loaded: LoadedPipeline;
let traits: Awaited<ReturnType<typeof functionTraits>>;

beforeAll(async () => {
  loaded = await loadExample('events');
  database = await openDatabase(loaded.pipeline, loaded.tables);
  await database.connection.run(`CREATE VIEW events AS SELECT * EXCLUDE (${NOTE}) FROM ${STAGED}`);
  traits = await functionTraits(database.connection);
});
afterAll(() => {
  database.close();
});

/** What the text of the SQL shows, and what its plan shows on its own. */
async function findings(sql: string) {
  const parsed = await parseSql(database.connection, sql);
  if ('reason' in parsed) throw new Error(parsed.reason);
  const [select = {}] = parsed.statements;
  const text = rowWiseViolations(select, loaded.pipeline, (name) => traits.get(name)).map(({ reason }) => reason);
  const plan = await boundPlan(database.connection, sql);
  return { text, plan: plan.notRowWise, multiplying: multiplyingTables(plan, loaded.pipeline) };
}

/** Each is what a micro-batch and a day would answer differently. */
const HIDDEN = [
  // Aggregates over events.
  'SELECT id, (SELECT count(*) FROM events) AS n FROM events',
  'SELECT e.id, c.n FROM events e, (SELECT count(*) AS n FROM events) c',
  'WITH c AS (SELECT count(*) AS n FROM events) SELECT e.id, c.n FROM events e, c',
  'WITH c AS (SELECT max(id) AS id FROM events) SELECT c.id FROM c',
  'WITH a AS (SELECT * FROM events), c AS (SELECT max(id) AS id FROM a) SELECT c.id FROM c',
  'SELECT x.id FROM (SELECT id FROM events GROUP BY id) x',
  'SELECT x.id FROM (SELECT id, count(*) AS n FROM events GROUP BY ALL) x',
  'SELECT x.id FROM (SELECT id FROM events GROUP BY ROLLUP (id)) x',
  'SELECT (SELECT max(x.id) FROM (SELECT id FROM events) x) AS id FROM names',
  'SELECT x.id FROM (SELECT max(id) AS id FROM events HAVING count(*) > 1) x',
  'SELECT n.uid FROM (SELECT uid, (SELECT count(*) FROM events) AS c FROM names) n',
  'SELECT e.id FROM events e LEFT JOIN (SELECT n.uid, count(*) AS c FROM names n JOIN events f ON f.id = n.uid GROUP BY n.uid) c ON c.uid = e.id',
  // An aggregate of outer columns alone is one of the outer query, wherever it stands.
  'SELECT (SELECT max(e.id) FROM names) AS id FROM events e',
  'SELECT (SELECT sum(e.id)) AS id FROM events e',
  'SELECT x.id FROM (SELECT (SELECT count(e.id)) AS id FROM events e) x',
  'SELECT e.id FROM events e WHERE e.id IN (SELECT (SELECT max(x.i) FROM (SELECT f.id AS i FROM events f) x))',
  // Self-joins.
  'SELECT e.id FROM events e JOIN events f ON f.id = e.id',
  'SELECT e.id FROM events e, (SELECT id FROM events) f WHERE f.id = e.id',
  'WITH a AS (SELECT id FROM events) SELECT x.id FROM a x JOIN a y ON y.id = x.id',
  'WITH a AS (SELECT id FROM events), b AS (SELECT id FROM a) SELECT a.id FROM a JOIN b ON b.id = a.id',
  'WITH a AS MATERIALIZED (SELECT id FROM events) SELECT e.id FROM events e JOIN a ON a.id = e.id',
  'SELECT id FROM events WHERE id IN (SELECT id - 1 FROM events)',
  'SELECT id FROM events WHERE id NOT IN (SELECT f.id + 1 FROM events f)',
  'SELECT id FROM events e WHERE EXISTS (SELECT 1 FROM events f WHERE f.id = e.id + 1)',
  'SELECT id FROM events e WHERE NOT EXISTS (FROM events f WHERE f.id < e.id)',
  'SELECT id FROM events e WHERE EXISTS (FROM events)',
  'SELECT id FROM events e WHERE id >= ALL (SELECT f.id FROM events f)',
  'SELECT id FROM events e WHERE id = ANY (SELECT n.uid FROM names n WHERE n.uid IN (SELECT f.id FROM events f))',
  'SELECT id, (SELECT f.hello FROM events f WHERE f.id = e.id) AS h FROM events e',
  'WITH a AS (SELECT id FROM events) SELECT e.id FROM events e WHERE e.id IN (FROM a)',
  'WITH a AS (SELECT id FROM events) SELECT n.uid FROM names n WHERE n.uid IN (FROM a)',
  'SELECT id FROM events e SEMI JOIN (SELECT id AS i FROM events) f ON f.i = e.id + 1',
  'SELECT e.id FROM events e, LATERAL (SELECT f.id FROM events f WHERE f.id < e.id) g',
  'SELECT ARRAY(SELECT id FROM events) AS l, id FROM events',
  // Windows.
  'SELECT x.id FROM (SELECT id, row_number() OVER () AS r FROM events) x WHERE x.r = 1',
  'WITH w AS (SELECT id, lag(id) OVER (ORDER BY time) AS before FROM events) SELECT w.before FROM w',
  'SELECT x.id FROM (SELECT id FROM events QUALIFY row_number() OVER (PARTITION BY id) = 1) x',
  'SELECT x.id FROM (SELECT id, sum(id) OVER () AS s FROM events) x',
  // ORDER BY, LIMIT, DISTINCT and samples.
  'SELECT x.id FROM (SELECT id FROM events LIMIT 10) x',
  'WITH x AS (SELECT id FROM events ORDER BY time LIMIT 1) SELECT x.id FROM x',
  'WITH x AS (FROM events OFFSET 1) SELECT x.id FROM x',
  'SELECT x.id FROM (SELECT DISTINCT id FROM events) x',
  'SELECT x.id FROM (SELECT DISTINCT ON (hello) id FROM events) x',
  'SELECT x.id FROM (SELECT id FROM events ORDER BY id) x',
  'SELECT x.id FROM (SELECT id FROM events USING SAMPLE 10%) x',
  'WITH x AS (SELECT id FROM events TABLESAMPLE 10%) SELECT x.id FROM x',
  'SELECT e.id, t.name FROM events e, LATERAL (SELECT name FROM names n WHERE n.uid <= e.id ORDER BY uid LIMIT 1) t',
  'SELECT e.id, (SELECT name FROM names n WHERE n.uid <= e.id LIMIT 1) AS name FROM events e',
  'SELECT e.id FROM events e POSITIONAL JOIN names n',
  'SELECT e.id FROM events e ASOF LEFT JOIN names n ON n.uid <= e.id',
  // Set operations.
  'SELECT id FROM events UNION ALL SELECT uid FROM names',
  'SELECT x.id FROM (SELECT id FROM events UNION ALL SELECT uid FROM names) x',
  'SELECT x.id FROM (SELECT id FROM events UNION SELECT id FROM events) x',
  'WITH x AS (SELECT id FROM events EXCEPT SELECT uid FROM names) SELECT x.id FROM x',
  'SELECT x.id FROM (SELECT id FROM events INTERSECT ALL SELECT uid FROM names) x',
  'WITH RECURSIVE r AS (SELECT id FROM events UNION ALL SELECT id - 1 FROM r WHERE id > 0) SELECT r.id FROM r',
  // Rows that belong to no event.
  'SELECT n.uid FROM names n',
  'SELECT n.uid FROM names n LEFT JOIN (SELECT id FROM events) e ON e.id = n.uid',
  'SELECT n.uid FROM names n LEFT JOIN events e ON e.id = n.uid',
  'SELECT e.id FROM events e RIGHT JOIN names n ON e.id = n.uid',
  'SELECT e.id FROM (SELECT id FROM events) e FULL JOIN names n ON e.id = n.uid',
  'SELECT e.id FROM (FROM names n LEFT JOIN events e ON e.id = n.uid) e',
];

describe('what is not row-wise is seen', () => {
  it.each(HIDDEN)('in the plan, whatever the text shows: %s', async (sql) => {
    expect((await findings(sql)).plan).toBeDefined();
  });

  it.each([
    ['SELECT id, (SELECT first(name) FROM names) AS n FROM events', 'first() may depend on the order'],
    ['SELECT id, (SELECT string_agg(name) FROM names) AS n FROM events', 'string_agg() may depend on the order'],
    [
      'SELECT id FROM events WHERE id IN (SELECT uid FROM names ORDER BY uid LIMIT 3)',
      'ORDER BY and LIMIT in a subquery',
    ],
    ['SELECT id FROM events WHERE id IN (SELECT DISTINCT ON (name) uid FROM names)', 'DISTINCT ON in a subquery'],
    ['SELECT id FROM events WHERE id IN (SELECT uid FROM names WHERE random() > 0.5)', 'random() is not deterministic'],
    ['WITH t AS (SELECT now() AS at) SELECT e.id, t.at::VARCHAR AS at FROM events e, t', 'now() is not deterministic'],
    ['WITH names AS (SELECT 1 AS uid) SELECT id FROM events', 'WITH gives the name names another meaning'],
    ['WITH NAMES AS (SELECT 1 AS uid) SELECT id FROM events', 'WITH gives the name names another meaning'],
    ['WITH events AS (SELECT 1 AS id) SELECT id FROM events', 'WITH gives the name events another meaning'],
    [
      'SELECT id FROM (WITH a AS (SELECT 1) SELECT id FROM (WITH a AS (SELECT 2) FROM events))',
      'WITH gives the name a another',
    ],
    ['SELECT id FROM main.events', 'write events alone'],
    ['SELECT id FROM events WHERE id IN (VALUES (1), (2))', 'of VALUES: write IN (1, 2)'],
    ['SELECT id FROM events WHERE id IN (SELECT range FROM range(3))', 'not a TABLE_FUNCTION'],
    ['SELECT id FROM events WHERE EXISTS (SELECT unnest([1, 2]))', 'write a function of the list'],
  ])('the text of a subquery follows the rules too: %s', async (sql, reason) => {
    const { text } = await findings(sql);
    expect(text.join('\n')).toContain(reason);
  });

  it.each([
    ['SELECT id FROM events e SEMI JOIN names n ON n.uid = e.id', 'WHERE EXISTS'],
    ['SELECT id FROM events e ANTI JOIN names n ON n.uid = e.id', 'WHERE NOT EXISTS'],
    ['SELECT id FROM events e ASOF JOIN names n ON n.uid <= e.id', '(SELECT max(key)'],
    ['SELECT id FROM events e POSITIONAL JOIN names n', 'depends on the order of rows'],
  ])('a join of another kind says what to write instead: %s', async (sql, instead) => {
    const { text } = await findings(sql);
    expect(text.join('\n')).toContain(instead);
  });

  it.each([
    'SELECT id, (SELECT sum(uid / 3) FROM names) AS n FROM events',
    'SELECT e.id, current_date AS d FROM events e',
    'SELECT x.id, x.d FROM (SELECT id, current_date AS d FROM events) x',
  ])('of inexact sums and of the time, only the plan is sure: %s', async (sql) => {
    const { plan } = await findings(sql);
    const { functions } = await boundPlan(database.connection, sql);
    expect(plan ?? [...functions].join()).toMatch(/sum\(DOUBLE\)|current_date/);
  });
});

describe('what is row-wise is taken', () => {
  it.each([
    'WITH a AS (SELECT id % 10 AS k, * FROM events) SELECT a.id, n.name FROM a LEFT JOIN names n ON n.uid = a.k',
    'WITH n AS (SELECT uid AS u, upper(name) AS name FROM names) SELECT e.id, n.name FROM events e LEFT JOIN n ON n.u = e.id',
    'WITH a AS (FROM events), b AS (FROM a WHERE id > 1) SELECT b.id FROM b',
    'WITH n AS (FROM names) SELECT e.id FROM events e LEFT JOIN n x ON x.uid = e.id LEFT JOIN n y ON y.uid = x.uid + 1',
    'SELECT x.id FROM (SELECT id FROM events WHERE id > 1) x',
    'SELECT n.name FROM names n JOIN (SELECT id FROM events) e ON e.id = n.uid',
    'SELECT e.id FROM events e LEFT JOIN (SELECT uid, count(*) AS c FROM names GROUP BY uid) c ON c.uid = e.id',
    'SELECT e.id FROM events e LEFT JOIN (SELECT DISTINCT name FROM names) d ON d.name = e.hello',
    'SELECT e.id, (SELECT name FROM names WHERE uid = e.id) AS n FROM events e',
    'SELECT e.id, (SELECT n.name FROM names n WHERE n.uid = e.id AND n.name IS NOT NULL) AS n FROM events e',
    'SELECT e.k, (SELECT n.name FROM names n WHERE n.uid = e.k) AS n FROM (SELECT id % 10 AS k FROM events) e',
    'SELECT e.k, (SELECT max(n.name) FROM names n WHERE n.uid < e.k) AS n FROM (SELECT id % 10 AS k FROM events) e',
    'SELECT id, (SELECT max(name) FROM names) AS n FROM events',
    'SELECT id, (SELECT count(*) FROM names n WHERE n.uid < e.id) AS n FROM events e',
    'SELECT id, (SELECT sum(uid) FROM names) AS n, (SELECT name FROM names WHERE uid = 2) AS two FROM events e',
    'SELECT id, (SELECT count(*) FROM (SELECT DISTINCT name FROM names n WHERE n.uid < e.id)) AS n FROM events e',
    'SELECT id, (WITH m AS (FROM names) SELECT m.name FROM m WHERE m.uid = e.id) AS n FROM events e',
    'SELECT id, (SELECT (SELECT k.name FROM names k WHERE k.uid = n.uid + e.id) FROM names n WHERE n.uid = e.id) AS n FROM events e',
    'SELECT id FROM events WHERE id IN (SELECT uid FROM names)',
    'SELECT id FROM events WHERE id NOT IN (SELECT uid FROM names UNION SELECT uid + 10 FROM names)',
    'SELECT id FROM events e WHERE EXISTS (FROM names n WHERE n.uid < e.id AND n.name = e.hello)',
    'SELECT id FROM events WHERE EXISTS (SELECT 1 FROM names WHERE uid = 5) AND NOT EXISTS (FROM names)',
    'SELECT id, id >= ALL (SELECT uid FROM names) AS top FROM events e',
    'SELECT e.id, t.m FROM events e, LATERAL (SELECT max(n.uid) AS m FROM names n WHERE n.uid <= e.id) t',
    'SELECT e.id, n.name FROM events e, LATERAL (SELECT max(n.uid) AS m FROM names n WHERE n.uid <= e.id) t LEFT JOIN names n ON n.uid = t.m',
    'SELECT e.id FROM events e LEFT JOIN names n ON n.uid = (SELECT max(x.uid) FROM names x WHERE x.uid <= e.id)',
    'SELECT id, (SELECT name FROM names WHERE uid = (SELECT max(uid) FROM names x WHERE x.uid < e.id)) AS n FROM events e',
  ])('%s', async (sql) => {
    expect(await findings(sql)).toEqual({ text: [], plan: undefined, multiplying: [] });
  });
});

describe('what can give several rows or values for one event is found', () => {
  it.each([
    'SELECT id, (SELECT name FROM names) AS n FROM events',
    'SELECT id, (SELECT name FROM names WHERE uid > 3) AS n FROM events',
    'SELECT id, (SELECT n.name FROM names n WHERE n.uid < e.id) AS n FROM events e',
    'SELECT id, (SELECT n.name FROM names n WHERE n.uid::VARCHAR::INTEGER = e.id) AS n FROM events e',
    'SELECT id, (SELECT DISTINCT name FROM names) AS n FROM events',
    'SELECT id, (SELECT uid FROM names UNION ALL SELECT 1) AS n FROM events',
    'SELECT id, (SELECT max(uid) FROM names GROUP BY name) AS n FROM events',
    // The other table's row depends on the row that it is to determine.
    'SELECT id, (SELECT n.name FROM names n WHERE n.uid = (SELECT x.uid FROM names x WHERE x.uid = n.uid)) AS n FROM events e',
    'SELECT id, (SELECT n.name FROM names n WHERE n.uid = (SELECT max(x.uid) FROM names x WHERE x.name = n.name)) AS n FROM events e',
  ])('values: %s', async (sql) => {
    const { text, plan, multiplying } = await findings(sql);
    expect({ text, plan }).toEqual({ text: [], plan: undefined });
    expect(multiplying.map(({ gives }) => gives)).toContain('values');
  });

  it.each([
    'WITH n AS (SELECT name FROM names) SELECT e.id FROM events e, n',
    'WITH n AS (SELECT uid % 10 AS u FROM names) SELECT e.id FROM events e LEFT JOIN n ON n.u = e.id',
    'SELECT e.id FROM events e LEFT JOIN (SELECT uid, name, count(*) AS c FROM names GROUP BY ALL) c ON c.uid = e.id',
    'SELECT e.id FROM events e LEFT JOIN (SELECT uid, name FROM names GROUP BY ROLLUP (uid, name)) c ON c.uid = e.id AND c.name = e.hello',
    'SELECT e.id FROM events e, LATERAL (SELECT n.name FROM names n WHERE n.uid < e.id) t',
    'SELECT e.id FROM events e LEFT JOIN names n ON n.uid = (SELECT max(x.uid) FROM names x WHERE x.name = n.name)',
    'SELECT e.id FROM events e LEFT JOIN names n ON n.uid IN (SELECT uid FROM names)',
    'SELECT e.id FROM events e LEFT JOIN (SELECT uid FROM names UNION ALL SELECT uid FROM names) c ON c.uid = e.id',
  ])('rows: %s', async (sql) => {
    const { text, plan, multiplying } = await findings(sql);
    expect({ text, plan }).toEqual({ text: [], plan: undefined });
    expect(multiplying.map(({ gives }) => gives)).toContain('rows');
  });
});
