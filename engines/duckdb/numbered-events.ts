import type { DuckDBConnection } from '@duckdb/node-api';
import { DaybreakError } from '../../domain/errors';
import { multipliesRows, type Pipeline } from '../../domain/pipeline';
import { withFirstColumn } from '../tables/first-column';
import { queryCount } from './query';

const EVENT = 'daybreak_event';

/**
 * The transform with its event's number beside each row; undefined if an event of the pipeline gives at most one row.
 * Throws BAD_TRANSFORM if nothing can be added to the SQL as it is written.
 */
export function numberedTransform(pipeline: Pipeline, transform: string, file: string): string | undefined {
  if (!multipliesRows(pipeline)) return undefined;
  const numbered = withFirstColumn(transform, EVENT);
  if (numbered !== undefined) return numbered;
  throw new DaybreakError('BAD_TRANSFORM', {
    what: `${file} does not begin with SELECT, so that nobody can count which events gave which rows`,
    remedy: 'Write it as SELECT … FROM events …, or do without allowDuplicateKeys.',
  });
}

/** How many events of the view `events` have a row. */
export async function countEventsWithRows(connection: DuckDBConnection, numbered: string): Promise<number> {
  await connection.run('DROP VIEW IF EXISTS daybreak_unnumbered');
  await connection.run('ALTER VIEW events RENAME TO daybreak_unnumbered');
  await connection.run(`CREATE VIEW events AS SELECT row_number() OVER () AS ${EVENT}, * FROM daybreak_unnumbered`);
  return queryCount(connection, `SELECT count(DISTINCT ${EVENT}) FROM (\n${numbered}\n)`);
}
