import * as z from 'zod';
import type { ReindexSpec } from '../../domain/druid/reindex-spec';
import { DaybreakError } from '../../domain/errors';
import type { DruidHttp } from './http';
import { withoutSignatures } from './signatures';
import type { IngestionTotals } from './supervisors';

/** What a task says of its failure, which may repeat the addresses of its input. */
const reason = z.string().transform(withoutSignatures).nullish();

const taskStatus = z.object({
  status: z.object({
    id: z.string(),
    // A closed list: an unknown state must fail loudly, or polling would never end.
    status: z.enum(['RUNNING', 'SUCCESS', 'FAILED']),
    /** ISO 8601 in UTC. The segments that the task makes have a later version. */
    createdTime: z.string(),
    /** Of a running task: WAITING for a lock, PENDING for a free worker slot, or RUNNING on a worker. */
    runnerStatusCode: z.enum(['WAITING', 'PENDING', 'RUNNING', 'NONE']).nullish(),
    errorMsg: reason,
    dataSource: z.string().nullish(),
  }),
});
export type TaskStatus = z.infer<typeof taskStatus>['status'];

const realtimeTask = z.object({
  payload: z.looseObject({ ioConfig: z.looseObject({ minimumMessageTime: z.string().nullish() }).optional() }),
});

const sampledRows = z.looseObject({ numRowsRead: z.number() });

const listedTasks = z.array(
  z
    .looseObject({
      id: z.string(),
      type: z.string(),
      dataSource: z.string(),
      groupId: z.string(),
      createdTime: z.string(),
      statusCode: z.enum(['RUNNING', 'SUCCESS', 'FAILED']),
    })
    .transform(({ id, type, dataSource: datasource, groupId, createdTime, statusCode: status }): ListedTask => {
      return { id, type, datasource, groupId, createdTime, status };
    }),
);

export interface ListedTask {
  readonly id: string;
  /** For example index_kafka or index_parallel. */
  readonly type: string;
  readonly datasource: string;
  /** The owner of locks. Tasks of one supervisor share it. */
  readonly groupId: string;
  /** ISO 8601 in UTC. */
  readonly createdTime: string;
  readonly status: TaskStatus['status'];
}

const workers = z.array(
  z.looseObject({ currCapacityUsed: z.number(), worker: z.looseObject({ capacity: z.number() }) }),
);

export interface Slots {
  readonly used: number;
  readonly total: number;
}

// A report is for people: what Druid leaves out of it, or writes as null, must not fail a day.
const rowCount = z
  .number()
  .nullish()
  .transform((rows) => rows ?? 0);
const rowStats = z.looseObject({ processed: rowCount, thrownAway: rowCount, unparseable: rowCount });
const report = z.looseObject({
  ingestionStatsAndErrors: z
    .looseObject({
      payload: z
        .looseObject({
          ingestionState: z.string().nullish(),
          // Its shape while the task runs differs from that at its end. We read it at the end.
          unparseableEvents: z.unknown().optional(),
          // Below `totals` for a running task and for a task that loads files; without `totals` for a finished realtime
          // task.
          rowStats: z
            .looseObject({
              totals: z.looseObject({ buildSegments: rowStats.nullish() }).nullish(),
              buildSegments: rowStats.nullish(),
            })
            .nullish(),
          errorMsg: reason,
          segmentAvailabilityConfirmed: z.boolean().nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

/** Druid serves what the task has written. If the disk of its worker was full, that is a part of its report, or nothing. */
const writtenReport = z.union([report, z.string().transform(() => undefined)]);

const unparseableEvents = z.looseObject({
  buildSegments: z.array(z.looseObject({ input: reason, details: z.array(z.string().transform(withoutSignatures)) })),
});

export interface TaskReport {
  readonly rows: IngestionTotals;
  /** For example BUILD_SEGMENTS or SEGMENT_AVAILABILITY_WAIT. */
  readonly state: string | undefined;
  readonly segmentAvailabilityConfirmed: boolean;
  readonly error: string | undefined;
  /** The first row that could not be read, and the reason. */
  readonly unparseable: string | undefined;
}

const lock = z
  .looseObject({
    interval: z.string(),
    groupId: z.string(),
    version: z.string(),
    priority: z.number().nullish(),
  })
  .transform(({ interval, groupId, version, priority }): TaskLock => {
    return { interval, groupId, version, priority: priority ?? undefined };
  });
const activeLocks = z.object({ datasourceToLocks: z.record(z.string(), z.array(lock)) });
const heldLocks = z.object({ result: z.array(lock) });

export interface TaskLock {
  /** 'start/end', ISO 8601. */
  readonly interval: string;
  readonly groupId: string;
  /** When the lock was granted, ISO 8601. */
  readonly version: string;
  readonly priority: number | undefined;
}

/** Druid's tasks and their locks, on the overlord. */
export function createTasks(overlord: DruidHttp) {
  const path = (id: string): string => `/druid/indexer/v1/task/${encodeURIComponent(id)}`;

  const list = (params: object) => overlord.request({ url: '/druid/indexer/v1/tasks', params }, listedTasks);

  /**
   * Sends an action that only tasks may send, in the name of a task. For its locks the overlord checks only the task's
   * id and datasource.
   */
  const act = <T>({ id, datasource }: { id: string; datasource: string }, action: object, answer: z.ZodType<T>) => {
    const data = { task: { type: 'noop', id, dataSource: datasource }, action };
    return overlord.request({ method: 'post', url: '/druid/indexer/v1/action', data }, answer);
  };

  return {
    /** Submits a task under the id that it carries. Returns 'exists' if Druid already knows that id. */
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

    /** How many of the first ten rows a task would read, as far as the overlord can see its input. Starts nothing. */
    async sample({ spec: { dataSchema, ioConfig } }: ReindexSpec): Promise<number> {
      const { inputSource, inputFormat } = ioConfig;
      const spec = { type: 'index', dataSchema, ioConfig: { type: 'index', inputSource, inputFormat } };
      const data = { type: 'index', spec, samplerConfig: { numRows: 10, timeoutMs: 20_000 } };
      const sampled = await overlord.request({ method: 'post', url: '/druid/indexer/v1/sampler', data }, sampledRows);
      return sampled.numRowsRead;
    },

    /**
     * The instant from which a realtime task takes rows, ISO 8601; undefined if it takes all rows or there is no such
     * task.
     */
    async takesFrom(id: string): Promise<string | undefined> {
      const found = await overlord.find({ url: path(id) }, realtimeTask);
      return found?.payload.ioConfig?.minimumMessageTime ?? undefined;
    },

    status: async (id: string): Promise<TaskStatus | undefined> =>
      (await overlord.find({ url: `${path(id)}/status` }, taskStatus))?.status,

    /** The task's own report; undefined until there is one, or if it could not write it. */
    async report(id: string): Promise<TaskReport | undefined> {
      const written = await overlord.find({ url: `${path(id)}/reports` }, writtenReport);
      const payload = written?.ingestionStatsAndErrors?.payload;
      if (payload == null) return undefined;
      const rows = payload.rowStats?.totals?.buildSegments ?? payload.rowStats?.buildSegments;
      return {
        rows: rows ?? { processed: 0, thrownAway: 0, unparseable: 0 },
        state: payload.ingestionState ?? undefined,
        segmentAvailabilityConfirmed: payload.segmentAvailabilityConfirmed === true,
        error: payload.errorMsg ?? undefined,
        unparseable: firstUnparseable(payload.unparseableEvents),
      };
    },

    /** Stops a task. Has no effect on a finished or unknown task. */
    async shutDown(id: string): Promise<void> {
      await overlord.find({ method: 'post', url: `${path(id)}/shutdown` }, z.unknown());
    },

    /** The locks that tasks hold on a datasource at the moment. */
    async activeLocks(datasource: string): Promise<TaskLock[]> {
      const locks = await overlord.request(
        { method: 'post', url: '/druid/indexer/v1/activeLocks', data: [{ datasource, priority: 0 }] },
        activeLocks,
      );
      return locks.datasourceToLocks[datasource] ?? [];
    },

    /** The locks that one task holds in Druid. The task may be finished. */
    async locksOf(task: ListedTask): Promise<TaskLock[]> {
      return (await act(task, { type: 'lockList' }, heldLocks)).result;
    },

    /** Releases a lock in the name of the task that holds it. Other tasks that share the lock keep it. */
    async releaseLock(task: ListedTask, { interval }: TaskLock): Promise<void> {
      await act(task, { type: 'lockRelease', interval }, z.unknown());
    },

    /** The tasks of a datasource that run or wait to run. */
    unfinished: (datasource: string): Promise<ListedTask[]> => list({ datasource, max: 0 }),

    /** The finished tasks of a datasource that were created since an instant, the latest first. */
    async over(datasource: string, since: Date): Promise<ListedTask[]> {
      const createdTimeInterval = `${since.toISOString()}_${new Date().toISOString()}`;
      const over = await list({ datasource, state: 'complete', createdTimeInterval });
      return over.sort((a, b) => b.createdTime.localeCompare(a.createdTime));
    },

    /** How many tasks the workers run, and how many they could run. */
    async slots(): Promise<Slots> {
      const all = await overlord.request({ url: '/druid/indexer/v1/workers' }, workers);
      return {
        used: all.reduce((sum, { currCapacityUsed }) => sum + currCapacityUsed, 0),
        total: all.reduce((sum, { worker }) => sum + worker.capacity, 0),
      };
    },
  };
}

function firstUnparseable(events: unknown): string | undefined {
  const [first] = unparseableEvents.safeParse(events).data?.buildSegments ?? [];
  return first && `${first.details.join(' ')}${first.input == null ? '' : `: ${first.input.slice(0, 200)}`}`;
}
