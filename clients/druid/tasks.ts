import { z } from 'zod';
import { DaybreakError } from '../../domain/errors';
import type { DruidHttp } from './http';

const taskStatus = z.object({
  status: z.object({
    id: z.string(),
    // A closed list: a state that we do not know must fail loudly, or polling it would never end.
    status: z.enum(['RUNNING', 'SUCCESS', 'FAILED']),
    /** ISO 8601 in UTC; the segments that the task makes carry a later version. */
    createdTime: z.string(),
    errorMsg: z.string().nullish(),
  }),
});
export type TaskStatus = z.infer<typeof taskStatus>['status'];

const rowStats = z.looseObject({ processed: z.number().default(0), unparseable: z.number().default(0) });
const report = z.looseObject({
  ingestionStatsAndErrors: z
    .looseObject({
      payload: z.looseObject({
        ingestionState: z.string().nullish(),
        rowStats: z.looseObject({ totals: z.looseObject({ buildSegments: rowStats.optional() }).optional() }).nullish(),
        errorMsg: z.string().nullish(),
        segmentAvailabilityConfirmed: z.boolean().nullish(),
      }),
    })
    .optional(),
});

export interface TaskReport {
  readonly processed: number;
  readonly segmentAvailabilityConfirmed: boolean;
  readonly error: string | undefined;
}

const lock = z.looseObject({
  interval: z.string(),
  taskId: z.string().optional(),
  granularity: z.string().optional(),
  type: z.string().optional(),
  priority: z.number().optional(),
});
const activeLocks = z.object({ datasourceToLocks: z.record(z.string(), z.array(lock)) });

export interface TaskLock {
  /** 'start/end' in UTC. */
  readonly interval: string;
  readonly priority: number | undefined;
}

/** Druid's tasks and their locks, on the overlord. */
export function createTasks(overlord: DruidHttp) {
  const path = (id: string): string => `/druid/indexer/v1/task/${encodeURIComponent(id)}`;
  return {
    /** Submits a task under the id that it carries; 'exists' where Druid has had that id before. */
    async submit(task: { readonly id: string }): Promise<'submitted' | 'exists'> {
      try {
        await overlord.request({ method: 'post', url: '/druid/indexer/v1/task', data: task }, z.unknown());
        return 'submitted';
      } catch (thrown) {
        if (thrown instanceof DaybreakError && thrown.code === 'DRUID_REFUSED' && /already exists/i.test(thrown.what)) {
          return 'exists';
        }
        throw thrown;
      }
    },

    status: async (id: string): Promise<TaskStatus | undefined> =>
      (await overlord.find({ url: `${path(id)}/status` }, taskStatus))?.status,

    /** The task's own report; undefined until it has one. */
    async report(id: string): Promise<TaskReport | undefined> {
      const payload = (await overlord.find({ url: `${path(id)}/reports` }, report))?.ingestionStatsAndErrors?.payload;
      return (
        payload && {
          processed: payload.rowStats?.totals?.buildSegments?.processed ?? 0,
          segmentAvailabilityConfirmed: payload.segmentAvailabilityConfirmed === true,
          error: payload.errorMsg ?? undefined,
        }
      );
    },

    /** Stops a task; one that is over, or that Druid never knew, is left as it is. */
    async shutDown(id: string): Promise<void> {
      await overlord.find({ method: 'post', url: `${path(id)}/shutdown` }, z.unknown());
    },

    /** The locks that tasks hold on a datasource now. */
    async activeLocks(datasource: string): Promise<TaskLock[]> {
      const locks = await overlord.request(
        { method: 'post', url: '/druid/indexer/v1/activeLocks', data: [{ datasource, priority: 0 }] },
        activeLocks,
      );
      return (locks.datasourceToLocks[datasource] ?? []).map(({ interval, priority }) => ({ interval, priority }));
    },
  };
}
