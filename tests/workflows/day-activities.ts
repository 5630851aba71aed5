import type { BatchActivities } from '../../activities';
import { parseBusinessDate } from '../../domain/business-date';
import { completeCounts } from '../../domain/day-manifest';
import type { BuiltDay, DailyBatchInput, DayPlan } from '../../domain/daily-batch';

/** A built day of one hour with two rows. */
export const BUILT: BuiltDay = {
  folder: '/output/.versions/new',
  counts: completeCounts({ read: 3, kept: 2, duplicates: 1, quarantined: 0, outsideDay: 0 }, [{ written: 2 }]),
  missingHours: [],
  hours: [
    {
      ...{ hour: '07', written: 2, filtered: 0, multiplied: 0, duplicates: 1, unmatched: 0, misfiled: 0 },
      ...{ file: '07.ndjson', bytes: 80, sha256: 'a' },
    },
  ],
  sources: { '07': { read: 3, quarantined: 0 } },
};

/** The activities that `dailyBatch` calls. They succeed at once, and their names are recorded in order. */
export function dayActivities(changed: Partial<BatchActivities> = {}) {
  const calls: string[] = [];
  const activities: BatchActivities = {
    planDay: ({ pipeline, date }: DailyBatchInput) =>
      Promise.resolve({
        pipeline,
        date: parseBusinessDate(date),
        timeZone: 'Asia/Seoul',
        datasource: 'rows',
        realtimeDatasource: 'rows',
        interval: { start: '2026-11-20T15:00:00.000Z', end: '2026-11-21T15:00:00.000Z' },
      }),
    awaitSettledInput: () => Promise.resolve({ refusal: null }),
    buildDay: () => Promise.resolve(BUILT),
    chooseVersion: () => Promise.resolve('kept'),
    republish: () => Promise.resolve({ ...BUILT, folder: '/output/.versions/kept' }),
    checkGate: () => Promise.resolve({ realtime: [{ hour: '07', rows: 3, distinct: 2 }], refusals: [], accepted: [] }),
    sealDay: ({ interval }: DayPlan) => Promise.resolve({ sealedUntil: interval.end }),
    reindexDay: () => Promise.resolve({ taskId: 'task_1', createdTime: '2026-11-22T00:00:00.000Z' }),
    endReindexTasks: () => Promise.resolve(),
    proveDay: () =>
      Promise.resolve({
        version: '2026-11-22T00:00:00.000Z',
        segments: 1,
        hours: [{ hour: '07', batchRows: 2, druidRows: 2, batchChecksum: 'c', druidChecksum: 'c' }],
      }),
    storeReconciliation: () => Promise.resolve(),
    ...changed,
  };
  const noted = Object.entries(activities).map(([name, activity]) => [
    name,
    (...args: unknown[]): unknown => {
      calls.push(name);
      return (activity as (...given: unknown[]) => unknown)(...args); // Their parameters differ by name.
    },
  ]);
  // The names and signatures are those of `activities`.
  return { calls, activities: Object.fromEntries(noted) as BatchActivities };
}
