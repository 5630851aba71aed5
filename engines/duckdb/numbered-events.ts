import type { DuckDBConnection } from '@duckdb/node-api';
import { DaybreakError } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { besideEvents } from '../sql-check/beside-events';
import { mayMultiply } from '../sql-check/join-keys';
import type { BoundTransform } from '../sql-check/transform-check';
import { queryCount } from './query';

const EVENT = 'daybreak_event';

/**
 * The transform with its event's number beside each row; undefined if an event gives at most one row.
 * Throws BAD_TRANSFORM if nothing can be added to the SQL as it is written.
 */
export function numberedTransform(
  pipeline: Pipeline,
  transform: string,
  { select, plan }: Pick<BoundTransform, 'select' | 'plan'>,
  file: string,
): string | undefined {
  if (!mayMultiply(plan, pipeline)) return undefined;
  const numbered = besideEvents(transform, select, () => EVENT);
  if ('sql' in numbered) return numbered.sql;
  throw new DaybreakError('BAD_TRANSFORM', {
    what: `${file} ${numbered.lack}, so that nobody can count which events gave which rows`,
    remedy: 'Write it as SELECT … FROM events …, or do without allowDuplicateKeys.',
  });
}

/** How many events of the view `events` have a row. */
export async function countEventsWithRows(connection: DuckDBConnection, numbered: string): Promise<number> {
  for (const sql of NUMBERING) await connection.run(sql);
  return queryCount(connection, eventsWithRowsSql(numbered));
}

/** SQL that puts a number beside each event of the view `events`. */
export const NUMBERING = [
  'DROP VIEW IF EXISTS daybreak_unnumbered',
  'ALTER VIEW events RENAME TO daybreak_unnumbered',
  `CREATE VIEW events AS SELECT row_number() OVER () AS ${EVENT}, * FROM daybreak_unnumbered`,
] as const;

/** SQL of the number of events that have a row, after NUMBERING. */
export function eventsWithRowsSql(numbered: string): string {
  return `SELECT count(DISTINCT ${EVENT}) FROM (\n${numbered}\n)`;
}
