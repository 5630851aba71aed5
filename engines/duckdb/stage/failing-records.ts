import type { DuckDBConnection } from '@duckdb/node-api';
import { DaybreakError } from '../../../domain/errors';
import type { Pipeline } from '../../../domain/pipeline';
import { STAGED } from '../database';
import { OF_DAY } from '../../rule/record-rule';
import { storedColumnsSql } from '../sql';
import { queryTexts, run } from '../query';
import { valueFailureIn } from '../value-failure';

/** In an hour's files. If a transform fails on more records, the transform is probably wrong, not the records. */
export const MOST_FAILING = 1000;

/**
 * Finds the staged records on which the transform fails, by bisection, with `check` for the view `events`. Resolves to
 * DuckDB's messages by rowid. Throws ENGINE_FAILED if there are more than 1000.
 */
export async function findFailing(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  { rows, check }: { readonly rows: number; readonly check: (connection: DuckDBConnection) => Promise<void> },
): Promise<Map<number, string>> {
  const columns = storedColumnsSql(pipeline);
  const failing = new Map<number, string>();

  async function failureAmong(from: number, to: number): Promise<string | undefined> {
    await run(
      connection,
      `CREATE OR REPLACE VIEW events AS SELECT ${columns} FROM ${STAGED} WHERE rowid BETWEEN ${from} AND ${to - 1} AND ${OF_DAY}`,
    );
    return valueFailureIn(() => check(connection));
  }

  /**
   * The range from the first record to behind the last one, because large records have thousands of blank rows between
   * them. Undefined if there is no record.
   */
  async function recordsAmong(from: number, to: number): Promise<readonly [from: number, to: number] | undefined> {
    const [found] = await queryTexts(
      connection,
      `SELECT min(rowid)::VARCHAR, max(rowid)::VARCHAR FROM ${STAGED} WHERE rowid BETWEEN ${from} AND ${to - 1} AND ${OF_DAY}`,
    );
    const [first, last] = found ?? [];
    return typeof first === 'string' && typeof last === 'string' ? [Number(first), Number(last) + 1] : undefined;
  }

  async function search(from: number, to: number): Promise<void> {
    const failure = await failureAmong(from, to);
    if (failure === undefined) return;
    if (failing.size === MOST_FAILING) throw tooManyFailing(failure);
    const records = await recordsAmong(from, to);
    if (records === undefined) return;
    const [first, end] = records;
    if (end - first === 1) {
      failing.set(first, failure);
      return;
    }
    const middle = Math.ceil((first + end) / 2);
    await search(first, middle);
    await search(middle, end);
  }

  await search(0, rows);
  return failing;
}

export function tooManyFailing(failure: string): DaybreakError {
  return new DaybreakError('ENGINE_FAILED', {
    what: `the transform fails on more than ${MOST_FAILING} records of one hour's files, such as with: ${failure}`,
    remedy: 'Correct transform.sql, such as by TRY_CAST; the published day is untouched.',
  });
}
