import type { DayPlan } from '../daily-batch';
import { writtenRows } from '../day-manifest';
import type { OutputColumn, Pipeline } from '../pipeline';
import { dataSchema, rowGranularity } from './data-schema';

/**
 * The source from which Druid reads NDJSON: paths that it shares with the worker, HTTP addresses of the worker's own
 * server or of a storage, or a storage by one of Druid's extensions.
 */
export type InputSource =
  | { readonly type: 'local'; readonly files: readonly string[] }
  | {
      readonly type: 'http';
      readonly uris: readonly string[];
      readonly httpAuthenticationUsername: string;
      readonly httpAuthenticationPassword: { readonly type: 'default'; readonly password: string };
    }
  | { readonly type: 'http' | 's3'; readonly uris: readonly string[] }
  | { readonly type: 'hdfs'; readonly paths: readonly string[] };

export interface Reindex {
  readonly id: string;
  readonly plan: DayPlan;
  readonly source: InputSource;
  /** How much the source has. */
  readonly size: DaySize;
  /** How many tasks load it at once; 1 is the task itself. See `subtasksFor`. */
  readonly subtasks: number;
}

export interface DaySize {
  readonly rows: number;
  readonly bytes: number;
}

/** That of a day's published hours. */
export function daySizeOf(hours: readonly { readonly written: number; readonly bytes: number }[]): DaySize {
  return { rows: writtenRows(hours), bytes: hours.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** A subtask needs some seconds to begin and to end, and each leaves a segment that is not full. */
const ROWS_OF_SUBTASK = 2_500_000;

/** Whether the number of tasks that load so many rows depends on Druid's free slots. */
export function dependsOnSlots({ druid: { parallelSubtasks } }: Pipeline, rows: number): boolean {
  return parallelSubtasks === undefined && rows >= 2 * ROWS_OF_SUBTASK;
}

/** Whether the task that loads so many rows may hand the work out to subtasks, which need slots of their own. */
export function mayHaveSubtasks(pipeline: Pipeline, rows: number): boolean {
  const { parallelSubtasks = 1, partitionBy } = pipeline.druid;
  // Druid splits by ranges in subtasks, also if only one may run at once.
  return rows > 0 && (partitionBy !== undefined || parallelSubtasks > 1 || dependsOnSlots(pipeline, rows));
}

/**
 * How many tasks load a day of so many rows at once: as many as the pipeline says, else as there is work for, within
 * Druid's free slots. The task that hands out the work has a slot of its own, and realtime's tasks need theirs twice
 * when new ones take over.
 */
export function subtasksFor(
  { druid: { parallelSubtasks, tasks } }: Pipeline,
  rows: number,
  { used, total }: { readonly used: number; readonly total: number },
): number {
  if (parallelSubtasks !== undefined) return parallelSubtasks;
  const free = total - used - 1 - tasks.count * tasks.replicas;
  return Math.max(1, Math.min(free, Math.floor(rows / ROWS_OF_SUBTASK)));
}

/** The task that replaces a day: all of Druid's rows of the day by the rows of `source`. */
export function reindexSpec(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  { id, plan: { datasource, interval }, source, size, subtasks }: Reindex,
) {
  const { partitionBy, segmentGranularity } = pipeline.druid;
  // A task that splits by ranges leaves the old rows if it finds no new ones.
  const ranges = size.rows === 0 ? undefined : partitionBy;
  return {
    type: 'index_parallel',
    id,
    spec: {
      dataSchema: {
        ...dataSchema(pipeline, columns, datasource),
        granularitySpec: {
          type: 'uniform',
          segmentGranularity: { type: 'period', period: PERIODS[segmentGranularity], timeZone: pipeline.timeZone },
          ...rowGranularity(pipeline),
          intervals: [`${interval.start}/${interval.end}`],
        },
      },
      ioConfig: {
        type: 'index_parallel',
        inputSource: source,
        inputFormat: { type: 'json' },
        appendToExisting: false,
        // Without it, an hour for which the batch has no rows would keep its realtime rows.
        dropExisting: true,
      },
      tuningConfig: {
        type: 'index_parallel',
        ...partitioning(pipeline.druid.maxRowsPerSegment, ranges),
        maxNumConcurrentSubTasks: subtasks,
        // By default a subtask gets files of up to a gigabyte, however many tasks there may be.
        ...(subtasks > 1 && {
          splitHintSpec: { type: 'maxSize', maxSplitSize: Math.max(1, Math.ceil(size.bytes / subtasks)) },
        }),
        maxParseExceptions: 0,
        logParseExceptions: true,
        maxSavedParseExceptions: 1,
        awaitSegmentAvailabilityTimeoutMillis: 300_000,
      },
    },
    context: { useConcurrentLocks: false },
  };
}

const PERIODS = { DAY: 'P1D', HOUR: 'PT1H' } as const;

function partitioning(maxRowsPerSegment: number, ranges: readonly string[] | undefined) {
  if (ranges === undefined) return { partitionsSpec: { type: 'dynamic', maxRowsPerSegment } };
  return {
    partitionsSpec: { type: 'range', partitionDimensions: ranges, maxRowsPerSegment },
    // No segment is published before all rows are known. With druid.rollup, no two stored rows are of one group.
    forceGuaranteedRollup: true,
  };
}

export type ReindexSpec = ReturnType<typeof reindexSpec>;
