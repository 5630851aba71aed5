import type { OutputColumn, Pipeline } from '../pipeline';
import { consumerProperties, type KafkaOfDruid } from './consumer-properties';
import { dataSchema, rowGranularity } from './data-schema';

/** The Kafka supervisor of a pipeline's datasource. Its id is the datasource. */
export function supervisorSpec(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  { kafka, sealedUntil }: { readonly kafka: KafkaOfDruid; readonly sealedUntil: string | undefined },
) {
  return {
    type: 'kafka',
    spec: {
      dataSchema: {
        ...dataSchema(pipeline, columns),
        granularitySpec: {
          type: 'uniform',
          // Hours in the pipeline's zone, so that a local day always consists of whole segments.
          segmentGranularity: hourIn(pipeline.timeZone),
          ...rowGranularity(pipeline),
        },
      },
      ioConfig: {
        topic: pipeline.kafka.outputTopic,
        consumerProperties: consumerProperties(kafka),
        inputFormat: { type: 'json' },
        useEarliestOffset: true,
        taskCount: pipeline.druid.tasks.count,
        replicas: pipeline.druid.tasks.replicas,
        taskDuration: `PT${pipeline.druid.taskDurationSeconds}S`,
        ...(sealedUntil !== undefined && { lateMessageRejectionStartDateTime: sealedUntil }),
      },
      tuningConfig: {
        type: 'kafka',
        // The default locks are exclusive, and must be: with concurrent locks, rows of a day that is being replaced are
        // copied into the new version.
        maxRowsPerSegment: pipeline.druid.maxRowsPerSegment,
        logParseExceptions: true,
        maxSavedParseExceptions: 10,
        // The maximum age of lag and offsets, for the gate and for people. Default PT30S.
        offsetFetchPeriod: 'PT5S',
      },
    },
    context: { useConcurrentLocks: false },
  };
}

/** In the form in which Druid stores it: any other form would look like a spec that somebody changed. */
function hourIn(timeZone: string): string | object {
  return timeZone === 'UTC' ? 'HOUR' : { type: 'period', period: 'PT1H', timeZone };
}

export type SupervisorSpec = ReturnType<typeof supervisorSpec>;

/** The later of two seals: a seal only moves forward. Instants in ISO 8601; undefined is no seal. */
export function laterSeal(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return new Date(one) >= new Date(other) ? one : other;
}
