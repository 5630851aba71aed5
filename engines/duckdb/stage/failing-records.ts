import type { DuckDBConnection } from '@duckdb/node-api';
import { DaybreakError } from '../../../domain/errors';
import type { Pipeline } from '../../../domain/pipeline';
import { STAGED } from '../database';
import { OF_DAY } from '../../rule/record-rule';
import { columnsSql } from '../sql';
import { valueFailureIn } from '../value-failure';

/** Of an hour's files. A transform that fails on more is wrong, more likely than the records are. */
const MOST_FAILING = 1000;

/**
 * Finds by halves the staged records on which the transform fails, as `check` does for the view `events`. Resolves
 * to DuckDB's words by rowid. Throws ENGINE_FAILED where there are more than 1000.
 */
export async function findFailing(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  { rows, check }: { readonly rows: number; readonly check: (connection: DuckDBConnection) => Promise<void> },
): Promise<Map<number, string>> {
  const columns = columnsSql(pipeline);
  const failing = new Map<number, string>();

  async function failureAmong(from: number, to: number): Promise<string | undefined> {
    await connection.run(
      `CREATE OR REPLACE VIEW events AS SELECT ${columns} FROM ${STAGED} WHERE rowid BETWEEN ${from} AND ${to - 1} AND ${OF_DAY}`,
    );
    return valueFailureIn(() => check(connection));
  }

  async function search(from: number, to: number): Promise<void> {
    const failure = await failureAmong(from, to);
    if (failure === undefined) return;
    if (failing.size === MOST_FAILING) throw tooMany(failure);
    if (to - from === 1) {
      failing.set(from, failure);
      return;
    }
    const middle = Math.ceil((from + to) / 2);
    await search(from, middle);
    await search(middle, to);
  }

  await search(0, rows);
  return failing;
}

function tooMany(failure: string): DaybreakError {
  return new DaybreakError('ENGINE_FAILED', {
    what: `the transform fails on more than ${MOST_FAILING} records of one hour's files, such as with: ${failure}`,
    remedy: 'Correct transform.sql, such as by TRY_CAST; the published day is untouched.',
  });
}
