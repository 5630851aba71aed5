import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runIsolated } from '../../../activities/speed/isolated-transform';
import { DaybreakError } from '../../../domain/errors';
import { microBatchTransform } from '../../../engines/duckdb/micro-batch';
import { openPipeline } from '../../../engines/pipeline/open-pipeline';
import type { MicroBatchTransform } from '../../../engines/model/micro-batch';
import { readPipeline } from '../../../engines/pipeline/read-pipeline';
import { claim, type Target } from '../target';

const FOLDER = 'pipelines/events';
const LONGEST_MESSAGE = 10_000;
const EVENTS = [
  '{"hello":"ssm-seoul","id":1,"time":"2026-11-21 07:00:00"}',
  '{"hello":null,"id":null,"time":"2026-11-21 07:00:01"}',
  '{"hello":"","id":-9223372036854775808,"time":"2026-11-21 23:59:59"}',
  '{"hello":"1.5","id":9223372036854775807,"time":"2026-11-21 07:00:00"}',
  '{"hello":"\\u0000\\"{","id":0,"time":"2026-11-21 00:00:00"}',
].map((text) => Buffer.from(text));

const SEEDS = [
  readFileSync(join(FOLDER, 'transform.sql'), 'utf8'),
  'SELECT e.time, e.id AS user_id, NULL::VARCHAR AS user_name, e.hello, e.id AS uid FROM events AS e WHERE e.id > 0;',
  'SELECT e.time, e.id AS user_id, (SELECT min(n.name) FROM names n WHERE n.uid = e.id % 10) AS user_name, upper(e.hello) AS hello, CASE WHEN e.id IN (1, 2) THEN 1 ELSE abs(e.id % 7) END AS uid FROM events e WHERE EXISTS (SELECT 1 FROM names)',
  'WITH n AS (SELECT uid, name FROM names WHERE uid < 5) SELECT e.time, e.id AS user_id, n.name AS user_name, e.hello, CAST(e.id % 10 AS BIGINT) AS uid FROM events e LEFT JOIN n ON n.uid = e.id % 10',
  "SELECT time, id AS user_id, hello AS user_name, concat_ws('-', hello, list_transform([1, 2], lambda x: x + id)::VARCHAR) AS hello, try_cast(hello AS BIGINT) AS uid FROM events",
];

/** A transform.sql of `pipelines/events`. What the check takes must handle events one by one. */
export function open(): Promise<Target> {
  return Promise.resolve({
    seeds: SEEDS,
    words: [
      ...new Set(SEEDS.join(' ').match(/[\w.]+|\W/g) ?? []),
      ...' ORDER BY |random()|now()|current_date|row_number() OVER ()|DISTINCT | LIMIT 1| UNION ALL |unnest([1,2])|count(*)|'.split(
        '|',
      ),
      ...'sum(id) OVER ()|lag(e.id) OVER ()|FROM names |CROSS JOIN names|$1|?|/*|--|"|\'|::DECIMAL(38,10)|[*]|COLUMNS(*)|events|rowid|'.split(
        '|',
      ),
      ..."GROUP BY ALL|HAVING |QUALIFY |USING SAMPLE 1| TABLESAMPLE 1|repeat(hello, 9)|regexp_replace(hello, '.', 'x')|ANY_VALUE(e.id)|(SELECT ".split(
        '|',
      ),
    ],
    async read(input) {
      const transform = input.toString();
      let transforms: MicroBatchTransform | undefined;
      try {
        const { loaded, database } = await openPipeline({ ...(await readPipeline(FOLDER)), transform }, FOLDER);
        transforms = microBatchTransform(loaded, database);
      } catch (thrown) {
        if (!(thrown instanceof DaybreakError) || !['BAD_TRANSFORM', 'BAD_PIPELINE'].includes(thrown.code))
          throw thrown;
        claim(thrown.message.length < LONGEST_MESSAGE, `a message of ${thrown.message.length} characters`);
        return;
      }
      try {
        const together = await outcomeOf(transforms, EVENTS);
        const alone: string[] = [];
        for (const event of EVENTS) alone.push(...(await outcomeOf(transforms, [event])));
        claim(
          together.join('\n') === alone.sort().join('\n'),
          `one by one, events give other rows: ${alone.join(' ')}`,
        );
        claim(alone.length <= EVENTS.length, `${EVENTS.length} events give ${alone.length} rows and rejects`);
      } finally {
        transforms.close();
      }
    },
  });
}

/** The rows and the reasons of rejects, in an order that depends on them alone. */
async function outcomeOf(transform: MicroBatchTransform, events: readonly Buffer[]): Promise<string[]> {
  const { messages, rejects } = await runIsolated(transform, events);
  return [...messages.map(({ value }) => value), ...rejects.map(({ reason }) => reason)].sort();
}
