import * as z from 'zod';
import type { SupervisorSpec } from '../../domain/druid/supervisor-spec';
import type { DruidHttp } from './http';

/** The part of a supervisor's spec that we read. Druid adds many defaults of its own. */
const storedSpec = z.looseObject({
  suspended: z.boolean().default(false),
  spec: z.looseObject({
    dataSchema: z.looseObject({}),
    ioConfig: z.looseObject({ topic: z.string(), lateMessageRejectionStartDateTime: z.string().nullish() }),
  }),
});
export type StoredSupervisorSpec = z.infer<typeof storedSpec>;

/** A terminated supervisor has an entry without a spec. */
const terminated = z.looseObject({ spec: z.null().optional() }).transform(() => undefined);
/** The specs that a supervisor ever had, the latest first. */
const latest = z.tuple([z.looseObject({ spec: storedSpec.or(terminated) })], z.unknown());
const history = z.array(
  z.looseObject({
    spec: z.looseObject({
      spec: z
        .looseObject({ ioConfig: z.looseObject({ lateMessageRejectionStartDateTime: z.string().nullish() }) })
        .nullish(),
    }),
  }),
);

const offsets = z.record(z.string(), z.number()).nullish();

const status = z.object({
  payload: z.looseObject({
    state: z.string(),
    detailedState: z.string(),
    healthy: z.boolean(),
    aggregateLag: z.number().nullish(),
    minimumLag: offsets,
    // Read in the same poll as the lag. The end offset covers committed records only.
    latestOffsets: offsets,
    // The latest comes last. Those of a supervisor that is healthy again are still there. Some errors have no message.
    recentErrors: z
      .array(z.looseObject({ message: z.string().nullish(), exceptionClass: z.string().nullish() }))
      .nullish()
      .transform((errors) => errors ?? []),
    // How many the topic has.
    partitions: z.number().nullish(),
    activeTasks: z
      .array(
        z.looseObject({
          id: z.string(),
          startingOffsets: z.record(z.string(), z.unknown()).nullish(),
          // As of the supervisor's last poll; empty before the first.
          currentOffsets: z.record(z.string(), z.number().nullable()).nullish(),
          lag: z.record(z.string(), z.number().nullable()).nullish(),
        }),
      )
      .default([]),
    publishingTasks: z.array(z.looseObject({ id: z.string() })).default([]),
  }),
});
export type SupervisorStatus = z.infer<typeof status>['payload'];

const movingAverages = z.looseObject({
  processed: z.number(),
  processedWithError: z.number(),
  thrownAway: z.number(),
  unparseable: z.number(),
});

/** Stats by task group, then by task: totals since the task began. */
const stats = z.record(
  z.string(),
  z.record(
    z.string(),
    z.looseObject({ totals: z.looseObject({ buildSegments: movingAverages.optional() }).optional() }),
  ),
);

export interface IngestionTotals {
  readonly processed: number;
  /** Rows that were dropped, for example those before a seal. */
  readonly thrownAway: number;
  readonly unparseable: number;
}

/** Druid's Kafka supervisors, on the overlord. */
export function createSupervisors(overlord: DruidHttp) {
  const path = (id: string): string => `/druid/indexer/v1/supervisor/${encodeURIComponent(id)}`;
  return {
    /** The spec as Druid stores it; undefined if no supervisor of that id runs, also while Druid replaces it. */
    find: (id: string): Promise<StoredSupervisorSpec | undefined> => overlord.find({ url: path(id) }, storedSpec),

    /** The last spec that was submitted; undefined if there was none, or if the supervisor was terminated. */
    async last(id: string): Promise<StoredSupervisorSpec | undefined> {
      const [last] = (await overlord.find({ url: `${path(id)}/history` }, latest)) ?? [];
      return last?.spec;
    },

    /** Creates or replaces a supervisor. Running tasks publish what they have, and new ones start. */
    async submit(spec: SupervisorSpec): Promise<void> {
      await overlord.request({ method: 'post', url: '/druid/indexer/v1/supervisor', data: spec }, z.unknown());
    },

    /** Every seal that a supervisor of this id ever had, ISO 8601. The seal of the latest spec comes first. */
    async seals(id: string): Promise<string[]> {
      const specs = (await overlord.find({ url: `${path(id)}/history` }, history)) ?? [];
      return specs.flatMap(({ spec }) => spec.spec?.ioConfig.lateMessageRejectionStartDateTime ?? []);
    },

    status: async (id: string): Promise<SupervisorStatus | undefined> =>
      (await overlord.find({ url: `${path(id)}/status` }, status))?.payload,

    /**
     * The ids of the running tasks that answer the supervisor. A task that waits for a slot is listed without totals.
     */
    async reachedTasks(id: string): Promise<string[]> {
      const groups = (await overlord.find({ url: `${path(id)}/stats` }, stats)) ?? {};
      const tasks = Object.values(groups).flatMap((group) => Object.entries(group));
      return tasks.filter(([, { totals }]) => totals !== undefined).map(([task]) => task);
    },

    /** Sums over the running tasks; of replicas, the one that has read most. Finished tasks are not included. */
    async totals(id: string): Promise<IngestionTotals> {
      const groups = (await overlord.find({ url: `${path(id)}/stats` }, stats)) ?? {};
      const tasks = Object.values(groups).flatMap((group) => Object.entries(group));
      return sumOfTasks(tasks.map(([task, { totals }]) => [task, totals?.buildSegments]));
    },
  };
}

/** Sums over tasks, which come with their ids; of replicas, the one that has read most. */
export function sumOfTasks(
  tasks: readonly (readonly [id: string, totals: IngestionTotals | undefined])[],
): IngestionTotals {
  const sum = (key: keyof IngestionTotals): number => {
    const most = new Map<string, number>();
    for (const [id, totals] of tasks) {
      const replicas = withoutSuffix(id);
      most.set(replicas, Math.max(most.get(replicas) ?? 0, totals?.[key] ?? 0));
    }
    return [...most.values()].reduce((total, rows) => total + rows, 0);
  };
  return { processed: sum('processed'), thrownAway: sum('thrownAway'), unparseable: sum('unparseable') };
}

/** The id of a task up to what distinguishes it from its replicas, which read the same rows. */
function withoutSuffix(task: string): string {
  return task.slice(0, task.lastIndexOf('_'));
}
