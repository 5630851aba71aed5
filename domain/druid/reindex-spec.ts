import type { Interval } from '../business-date';
import type { OutputColumn, Pipeline } from '../pipeline';
import { dataSchema } from './data-schema';

/** The task that replaces a day: all that Druid holds in `interval` by the rows of `files` (absolute paths of NDJSON). */
export function reindexSpec(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  { id, interval, files }: { readonly id: string; readonly interval: Interval; readonly files: readonly string[] },
) {
  return {
    type: 'index_parallel',
    id,
    spec: {
      dataSchema: {
        ...dataSchema(pipeline, columns),
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
        inputSource: { type: 'local', files },
        inputFormat: { type: 'json' },
        appendToExisting: false,
        // Without it an hour that the batch has no rows for would keep its realtime rows.
        dropExisting: true,
      },
      tuningConfig: {
        type: 'index_parallel',
        partitionsSpec: { type: 'dynamic', maxRowsPerSegment: pipeline.druid.maxRowsPerSegment },
        maxNumConcurrentSubTasks: pipeline.druid.parallelSubtasks,
        maxParseExceptions: 0,
        logParseExceptions: true,
        awaitSegmentAvailabilityTimeoutMillis: 300_000,
      },
    },
    context: { useConcurrentLocks: false },
  };
}
