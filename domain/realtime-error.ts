import type { RealtimeHour } from './realtime-hour';
import type { ReconciledHour } from './reconciliation';

/** How far realtime's rows of an hour were from the batch's, in rows (events where Druid rolls up). */
export interface RealtimeError {
  /** Rows that realtime served more than once. */
  readonly doubled: number;
  /** Rows of the batch that realtime did not serve. */
  readonly missing: number;
  /** Distinct rows that realtime served and the batch did not write. */
  readonly surplus: number;
  /**
   * Rows of the latest batch that the first one did not have, because their files came after it. Absent if the pipeline
   * changed between the two: then it may make other rows from the same files.
   */
  readonly late?: number;
}

/** The part of a day's table that says what realtime served. */
export function realtimeHours(hours: readonly ReconciledHour[]): RealtimeHour[] {
  return hours.map(({ hour, realtimeRows: rows, realtimeDistinct: distinct, written }) => ({
    ...{ hour, rows, distinct, written },
  }));
}

/**
 * Only numbers are compared: as many missing as surplus rows in one hour show as none.
 *
 * @param writtenNow the rows of the hour that the latest batch wrote with the same version of the pipeline; undefined if
 *   that had another one.
 */
export function realtimeError(
  { rows, distinct, written }: RealtimeHour,
  writtenNow: number | undefined,
): RealtimeError {
  return {
    doubled: Math.max(0, rows - distinct),
    missing: Math.max(0, written - distinct),
    surplus: Math.max(0, distinct - written),
    ...(writtenNow !== undefined && { late: Math.max(0, writtenNow - written) }),
  };
}
