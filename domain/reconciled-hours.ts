import { isEqual, type BuiltDay, type ProvenHour, type ServedHour } from './daily-batch';
import type { ReconciledHour } from './reconciliation';

/** One line for each hour of the day: what realtime had, what the batch made, what Druid serves now. */
export function reconciledHours(
  realtime: readonly ServedHour[],
  { hours, sources }: BuiltDay,
  proven: readonly ProvenHour[],
): ReconciledHour[] {
  const before = new Map(realtime.map((hour) => [hour.hour, hour]));
  const after = new Map(proven.map((hour) => [hour.hour, hour]));
  const wasRolledUp = realtime.some(({ stored }) => stored !== undefined);
  const isMultiplied = hours.some(({ multiplied = 0 }) => multiplied > 0);
  return hours.map(({ hour, written, filtered = 0, multiplied = 0, duplicates, unmatched, misfiled }) => {
    const served = after.get(hour);
    const distinct = before.get(hour)?.distinct ?? 0;
    const isRolledUp = wasRolledUp || served?.druidStored !== undefined;
    return {
      hour,
      realtimeRows: before.get(hour)?.rows ?? 0,
      realtimeDistinct: distinct,
      read: sources[hour]?.read ?? 0,
      quarantined: sources[hour]?.quarantined ?? 0,
      outsideDay: sources[hour]?.outsideDay ?? 0,
      duplicates,
      filtered,
      ...(isMultiplied && { multiplied }),
      written,
      missedByRealtime: Math.max(0, written - distinct),
      unmatched,
      misfiled,
      druidRows: served?.druidRows ?? 0,
      ...(isRolledUp && {
        realtimeStored: before.get(hour)?.stored ?? 0,
        druidStored: served?.druidStored ?? 0,
      }),
      equal: served !== undefined && isEqual(served),
    };
  });
}
