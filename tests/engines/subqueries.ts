import { join } from 'node:path';
import fc from 'fast-check';
import { loadPipeline } from '../../engines/load-pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { event, pipelineLike } from './scratch';

const OUTPUT = 'e.time, e.id AS user_id, e.hello';

/** SQL that fails on one row of `names`. Which rows DuckDB computes must not depend on the events beside each other. */
const failsOnTwo = (table: string): string => `CASE WHEN ${table}.uid = 2 THEN ${table}.name ELSE '1' END::BIGINT`;

/** Transforms with WITH, subqueries and derived tables, over the tables `names` and `codes`. */
export const SUBQUERIES: Readonly<Record<string, string>> = {
  'a WITH over events, joined by what it computes': `WITH a AS (SELECT *, id % 4 AS k FROM events WHERE hello <> 'drop')
    SELECT ${OUTPUT}, n.name AS user_name, n.uid FROM a e LEFT JOIN names n ON n.uid = e.k`,
  'a WITH over a table, named twice': `WITH t AS (SELECT uid, name || '!' AS name FROM names)
    SELECT ${OUTPUT}, x.name AS user_name, y.uid FROM events e LEFT JOIN t x ON x.uid = e.id LEFT JOIN t y ON y.uid = x.uid + 1`,
  'scalar subqueries': `SELECT ${OUTPUT}, (SELECT name FROM names WHERE uid = e.id % 4) AS user_name,
      (SELECT max(n.uid) FROM names n WHERE n.uid < e.id) AS uid, (SELECT count(*) FROM names) AS n FROM events e`,
  // A code can have several names: DuckDB fails on the event.
  'a scalar subquery with several values for some events': `SELECT ${OUTPUT},
      (SELECT c.name FROM codes c WHERE c.code = e.hello) AS user_name, 1 AS uid FROM events e`,
  'IN and NOT IN with null in the table': `SELECT ${OUTPUT}, e.id IN (SELECT c.id FROM codes c) AS known, 1 AS uid FROM events e
    WHERE e.hello NOT IN (SELECT c.code FROM codes c WHERE c.id = e.id)`,
  'EXISTS and its negation': `SELECT ${OUTPUT}, EXISTS (FROM codes c WHERE c.code = e.hello) AS known, 1 AS uid FROM events e
    WHERE NOT EXISTS (SELECT 1 FROM names n WHERE n.uid = e.id AND n.name = e.hello)`,
  'grouped and distinct tables in FROM': `SELECT ${OUTPUT}, c.n, d.code AS user_name, c.n AS uid FROM events e
    LEFT JOIN (SELECT code, count(*) AS n FROM codes GROUP BY code) c ON c.code = e.hello
    LEFT JOIN (SELECT DISTINCT code FROM codes) d ON d.code = e.hello`,
  'the last of a table at or before, by a lateral maximum': `SELECT ${OUTPUT}, n.name AS user_name, n.uid FROM events e,
    LATERAL (SELECT max(x.uid) AS uid FROM names x WHERE x.uid <= e.id) t LEFT JOIN names n ON n.uid = t.uid`,
  // The key of the range that holds the value, so that there is at most one.
  'ranges: the price that was valid at the time': `SELECT ${OUTPUT}, p.price AS user_name, p.code AS uid FROM events e
    LEFT JOIN prices p ON p.code = e.id AND p.since = (SELECT max(x.since) FROM prices x
        WHERE x.code = e.id AND x.since <= e.time AND (x.until IS NULL OR e.time < x.until))`,
  'prefixes: the longest that the text begins with': `SELECT ${OUTPUT}, p.region AS user_name, 1 AS uid FROM events e
    LEFT JOIN prefixes p ON p.prefix = (SELECT max(x.prefix) FROM prefixes x WHERE starts_with(e.hello, x.prefix))`,
  'networks: the smallest that holds the number': `SELECT ${OUTPUT}, w.name AS user_name, w.low AS uid FROM events e
    LEFT JOIN networks w
      ON w.low = (SELECT max(x.low) FROM networks x WHERE e.id BETWEEN x.low AND x.high)`,
  'EXISTS without the event': `SELECT ${OUTPUT}, 'x' AS user_name, 1 AS uid FROM events e
    WHERE EXISTS (FROM names WHERE uid = 5) AND NOT EXISTS (SELECT 1 FROM names WHERE uid > 5) OR e.id > 3`,
  'a table before events, with a condition that fails on a row of it': `SELECT ${OUTPUT}, n.name AS user_name, n.uid
    FROM names n JOIN events e ON e.id = n.uid WHERE ${failsOnTwo('n')} > 0`,
  'a table that no event matches, with a condition that fails on a row of it': `SELECT ${OUTPUT}, n.name AS user_name, n.uid
    FROM events e LEFT JOIN names n ON n.uid = e.id + 100 AND ${failsOnTwo('n')} > 0`,
  'a derived table that fails on a row, before some of the events': `SELECT ${OUTPUT}, n.name AS user_name, n.v AS uid
    FROM (SELECT *, ${failsOnTwo('names')} AS v FROM names) n JOIN events e ON e.id = n.uid AND e.hello <> 'a'`,
  'a value that fails on a row of its table': `SELECT ${OUTPUT}, 'x' AS user_name,
      (SELECT max(${failsOnTwo('n')}) FROM names n WHERE n.uid = e.id) AS uid FROM events e`,
  'a value that fails on a row of its table, by a range': `SELECT ${OUTPUT}, n.name AS user_name, n.uid FROM events e
    LEFT JOIN names n ON n.uid = (SELECT max(x.uid) FROM names x WHERE x.uid <= e.id AND ${failsOnTwo('x')} > 0)`,
  'EXISTS that fails on a row of its table': `SELECT ${OUTPUT}, 'x' AS user_name, 1 AS uid FROM events e
    WHERE NOT EXISTS (FROM names n WHERE n.uid = e.id AND ${failsOnTwo('n')} > 0)`,
  'IN that fails on a row of its table': `SELECT ${OUTPUT}, 'x' AS user_name, 1 AS uid FROM events e
    WHERE e.id + 100 IN (SELECT n.uid FROM names n WHERE ${failsOnTwo('n')} > 0) OR e.hello = 'b'`,
  'ANY and ALL of lists': `SELECT ${OUTPUT}, e.hello = ANY(string_split('a,b,,', ',')) AS known, e.id <> ALL([1, e.id % 3, NULL]) AS other,
      e.id IN (SELECT unnest([2, e.id - 1])) AS inside, 'x' AS user_name, 1 AS uid FROM events e WHERE NOT e.id > ALL([3, 4, length(e.hello)])`,
  'a list in which a cast fails on some': `SELECT ${OUTPUT}, 'x' AS user_name, 1 AS uid FROM events e
    WHERE e.id = ANY(string_split(replace(e.hello, 'n', ''), 'b')::BIGINT[])`,
  'set operations with columns of the event': `SELECT ${OUTPUT}, 'x' AS user_name,
      (SELECT max(x) FROM (SELECT uid AS x FROM names WHERE uid < e.id UNION ALL SELECT c.id FROM codes c WHERE c.code = e.hello)) AS uid,
      (SELECT count(*) FROM (SELECT uid FROM names WHERE uid <= e.id EXCEPT SELECT c.id FROM codes c WHERE c.code <> e.hello)) AS n,
      e.id IN (SELECT uid FROM names WHERE uid <= length(e.hello) INTERSECT SELECT c.id FROM codes c WHERE c.id <> e.id) AS known
    FROM events e`,
  'a derived table of events that fails on some': `SELECT ${OUTPUT}, 'x' AS user_name, e.q AS uid
    FROM (SELECT *, (id * 4611686018427387904) AS q FROM events) e WHERE e.q IN (SELECT uid FROM names) OR e.id > 0`,
};

/** The tables of these transforms, as pipeline.yaml declares them. */
const TABLES = `  codes: { file: codes.csv, format: csv, columns: { code: VARCHAR, id: BIGINT, name: VARCHAR }, key: [code], allowDuplicateKeys: true }
  prices: { file: prices.csv, format: csv, columns: { code: BIGINT, since: VARCHAR, until: VARCHAR, price: DOUBLE }, key: [code, since] }
  prefixes: { file: prefixes.csv, format: csv, columns: { prefix: VARCHAR, region: VARCHAR }, key: [prefix] }
  networks: { file: networks.csv, format: csv, columns: { low: BIGINT, high: BIGINT, name: VARCHAR }, key: [low] }
`;
const PRICES = `code,since,until,price
1,2026-11-21 07:00:00,2026-11-21 07:20:00,1.5
1,2026-11-21 07:20:00,2026-11-21 07:40:00,2.5
2,2026-11-21 07:10:00,2026-11-22 00:00:00,3
2,2026-11-21 07:30:00,2026-11-21 07:35:00,4
3,2026-11-21 07:30:00,,5
`;

export async function subqueryPipeline(root: string, kind: string): Promise<LoadedPipeline> {
  const folder = join(root, String(Object.keys(SUBQUERIES).indexOf(kind)));
  return pipelineWithTables(folder, SUBQUERIES[kind] ?? '');
}

/** The example pipeline `events` with TABLES beside `names`. */
export async function pipelineWithTables(
  folder: string,
  sql: string,
  changed = (yaml: string): string => yaml,
): Promise<LoadedPipeline> {
  return loadPipeline(
    await pipelineLike('events', folder, {
      'transform.sql': sql,
      'names.ndjson': [0, 1, 2, 5].map((uid) => JSON.stringify({ uid, name: `n${uid}` })).join('\n'),
      'codes.csv': 'code,id,name\na,1,one\nb,2,two\nb,3,three\nc,,\n,4,four\n',
      'prices.csv': PRICES,
      'prefixes.csv': 'prefix,region\na,A\nab,AB\nn,N\nn1,N1\n',
      'networks.csv': 'low,high,name\n0,7,all\n2,5,inner\n4,4,one\n',
      'pipeline.yaml': (yaml) => changed(yaml.replace(/^tables:\n/m, `tables:\n${TABLES}`)),
    }),
  );
}

/** Records of the pipeline; few are alike, and some are null or too large for the arithmetic. */
export const subqueryRecord = fc
  .record({
    id: fc.constantFrom('0', '1', '2', '3', '4', '5', '7', '-1', 'null', '"x"'),
    hello: fc.constantFrom('a', 'b', 'c', 'd', 'n1', 'n2', '', 'abc', 'drop'),
    minute: fc.integer({ min: 0, max: 59 }),
  })
  .map(({ id, hello, minute }) => event(id, `2026-11-21 07:${String(minute).padStart(2, '0')}:00`, hello));
