import type { DuckDBConnection } from '@duckdb/node-api';
import { DaybreakError } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { besideEvents, throughEvents } from '../sql-check/beside-events';
import { mayMultiply } from '../sql-check/join-keys';
import type { BoundTransform } from '../sql-check/transform-check';
import { queryCount, queryTexts, run } from './query';

const EVENT = 'daybreak_event';

/**
 * The transform with its event's number beside each row; undefined if an event gives at most one row.
 * Throws BAD_TRANSFORM if nothing can be added to the SQL as it is written. `connection` must have events.
 */
export async function numberedTransform(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  transform: string,
  { select, plan }: Pick<BoundTransform, 'select' | 'plan'>,
  file: string,
): Promise<string | undefined> {
  if (!mayMultiply(plan, pipeline)) return undefined;
  const numbered = besideEvents(transform, select, () => EVENT);
  if ('sql' in numbered) return numbered.sql;
  const through = await throughEvents(connection, transform, select, EVENT);
  if (through !== undefined && (await canRun(connection, through))) return through;
  throw new DaybreakError('BAD_TRANSFORM', {
    what: `${file} ${numbered.lack}, so that nobody can count which events gave which rows`,
    remedy: 'Write it as SELECT … FROM events …, or do without allowDuplicateKeys and events.maximumRows.',
  });
}

async function canRun(connection: DuckDBConnection, numbered: string): Promise<boolean> {
  return queryTexts(connection, `DESCRIBE WITH ${NUMBERED_EVENTS} SELECT ${EVENT} FROM (\n${numbered}\n)`).then(
    () => true,
    () => false,
  );
}

/** Of the events around it. */
const NUMBERED_EVENTS = `events AS (SELECT row_number() OVER () AS ${EVENT}, * FROM events)`;

/** How many events of the view `events` have a row. */
export async function countEventsWithRows(connection: DuckDBConnection, numbered: string): Promise<number> {
  for (const sql of NUMBERING) await run(connection, sql);
  return queryCount(connection, eventsWithRowsSql(numbered));
}

/** SQL that puts a number beside each event of the view `events`. */
export const NUMBERING = [
  'DROP VIEW IF EXISTS daybreak_unnumbered',
  'ALTER VIEW events RENAME TO daybreak_unnumbered',
  `CREATE VIEW events AS SELECT row_number() OVER () AS ${EVENT}, * FROM daybreak_unnumbered`,
] as const;

/**
 * The rows of an SQL query, and a failure if the transform makes more rows of an event than `events.maximumRows` allows
 * of unnest. The transform runs twice.
 */
export function boundedRowsSql({ events }: Pipeline, rows: string, numbered: string): string {
  const most = `SELECT max(rows) AS most FROM (SELECT count(*) AS rows FROM (\n${numbered}\n) GROUP BY ${EVENT})`;
  const found = `'the event gives ' || most || ' rows, and events.maximumRows is ${events.maximumRows}'`;
  return `SELECT * FROM (\n${rows}\n) WHERE (
    WITH ${NUMBERED_EVENTS} SELECT CASE WHEN most > ${events.maximumRows} THEN error(${found}) ELSE true END FROM (${most}))`;
}

/** SQL of the number of events that have a row, after NUMBERING. */
export function eventsWithRowsSql(numbered: string): string {
  return `SELECT count(DISTINCT ${EVENT}) FROM (\n${numbered}\n)`;
}
