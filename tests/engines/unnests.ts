import { join } from 'node:path';
import fc from 'fast-check';
import { loadPipeline } from '../../engines/load-pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { pipelineLike } from './scratch';

/** Transforms that make several rows of an event, by a list of its own. The key is of the event. */
export const UNNESTS: Readonly<Record<string, string>> = {
  'a list of the event': 'SELECT time, id AS user_id, unnest(tags) AS user_name, hello, id AS uid FROM events',
  'expressions over the elements': `SELECT time, id AS user_id, upper(unnest(tags)) || '!' AS user_name, hello, 1 AS uid,
      unnest([id, id + 1]) AS n FROM events WHERE hello <> 'b'`,
  'a computed list, with the events that have none': `SELECT time, id AS user_id, hello, 1 AS uid,
      unnest(CASE WHEN len(string_split(hello, ',')) > 1 THEN string_split(hello, ',') ELSE [NULL] END) AS user_name FROM events`,
  'elements that are joined': `SELECT e.time, e.id AS user_id, e.tag AS user_name, e.hello, n.uid
    FROM (SELECT *, unnest(tags) AS tag FROM events) e LEFT JOIN names n ON n.uid = ascii(e.tag) - 97`,
  'elements that are left out': `WITH t AS (SELECT *, unnest(tags) AS tag FROM events)
    SELECT time, id AS user_id, tag AS user_name, hello, (SELECT max(uid) FROM names WHERE uid < t.id) AS uid FROM t WHERE tag <> 'a'`,
  'elements that are searched in lists': `SELECT time, id AS user_id, unnest(tags) AS user_name, hello, 1 AS uid, 'a' = ANY(tags) AS has FROM events
    WHERE hello <> ALL(string_split('b,1,2,3,4', ',')) OR '' IN (SELECT unnest(tags))`,
  'a WITH of a WITH, whose elements are joined and searched in a table': `WITH t AS (SELECT *, id % 4 AS k FROM events WHERE hello <> 'b'),
      u AS (SELECT t.*, unnest(list_distinct(tags)) AS tag FROM t)
    SELECT u.time, u.id AS user_id, coalesce(u.tag, n.name) AS user_name, u.hello, n.uid FROM u LEFT JOIN names n ON n.uid = u.k
    WHERE NOT EXISTS (FROM names x WHERE x.name = u.tag)`,
  'SQL that fails on an element': `SELECT time, id AS user_id, unnest(tags)::BIGINT AS uid, hello, 'x' AS user_name FROM events`,
};

/** Of at most three rows an event. */
export async function unnestPipeline(root: string, kind: string, sql = UNNESTS[kind] ?? ''): Promise<LoadedPipeline> {
  const folder = join(root, String(Object.keys(UNNESTS).indexOf(kind)));
  return loadPipeline(
    await pipelineLike('events', folder, {
      'transform.sql': sql,
      'pipeline.yaml': (yaml) =>
        yaml
          .replace(/^events:\n/m, 'events:\n  maximumRows: 3\n')
          .replace(/^( *)id: BIGINT/m, '$1id: BIGINT\n$1tags: VARCHAR[]'),
    }),
  );
}

let last = 0;

/** Each has an id of its own; some have more than three elements. */
export const unnestRecord = fc
  .record({
    tags: fc.oneof(
      fc.array(fc.constantFrom('a', 'b', 'c', '1', ''), { maxLength: 5 }).map((tags) => JSON.stringify(tags)),
      fc.constantFrom('null', '"x"'),
    ),
    hello: fc.constantFrom('a', 'b', 'a,b', 'a,,b', '1,2,3,4'),
  })
  .map(({ tags, hello }) => `{"id":${++last},"hello":"${hello}","tags":${tags},"time":"2026-11-21 07:00:00"}`);
