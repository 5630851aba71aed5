import { supervisorSpec } from './druid/supervisor-spec';
import { deadLetterTopicOf, type OutputColumn, type Pipeline } from './pipeline';

/** A topic that Daybreak creates if it is missing. */
export interface SpeedTopic {
  readonly topic: string;
  readonly partitions: number;
}

/** The topics that a pipeline's speed layer reads and writes. */
export function speedTopics(pipeline: Pipeline): SpeedTopic[] {
  const { topic, outputTopic, partitions } = pipeline.kafka;
  return [topic, outputTopic, deadLetterTopicOf(pipeline)].map((one) => ({ topic: one, partitions }));
}

/**
 * What must exist before the speed layer writes rows of this pipeline, as text to compare: its topics, and Druid's
 * supervisor, which ignores unknown columns. If two pipelines have the same setup, one can follow the other between two
 * micro-batches.
 */
export function speedSetup(pipeline: Pipeline, columns: readonly OutputColumn[]): string {
  const supervisor = supervisorSpec(pipeline, columns, { kafka: { brokers: [] }, sealedUntil: undefined });
  return JSON.stringify([speedTopics(pipeline), supervisor]);
}
