import type { DayPlan } from '../daily-batch';
import type { OutputColumn, Pipeline } from '../pipeline';
import { dataSchema } from './data-schema';

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
}

/** The task that replaces a day: all of Druid's rows of the day by the rows of `source`. */
export function reindexSpec(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  { id, plan: { datasource, interval }, source }: Reindex,
) {
  return {
    type: 'index_parallel',
    id,
    spec: {
      dataSchema: {
        ...dataSchema(pipeline, columns, datasource),
        granularitySpec: {
          type: 'uniform',
          segmentGranularity: { type: 'period', period: 'P1D', timeZone: pipeline.timeZone },
          queryGranularity: { type: 'none' },
          rollup: false,
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
        partitionsSpec: { type: 'dynamic', maxRowsPerSegment: pipeline.druid.maxRowsPerSegment },
        maxNumConcurrentSubTasks: pipeline.druid.parallelSubtasks,
        maxParseExceptions: 0,
        logParseExceptions: true,
        maxSavedParseExceptions: 1,
        awaitSegmentAvailabilityTimeoutMillis: 300_000,
      },
    },
    context: { useConcurrentLocks: false },
  };
}

export type ReindexSpec = ReturnType<typeof reindexSpec>;
