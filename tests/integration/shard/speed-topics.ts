import { KafkaProducer, KafkaTopics, type KafkaOptions } from '../../../clients/kafka';
import { endAll } from '../support/end-all';
import { ShardProcess } from './shard-process';
import { speedPipeline, type SpeedPipeline } from './speed-pipeline';

/** The set-up of a test of shard processes. */
export interface SpeedTopics {
  readonly pipeline: SpeedPipeline;
  readonly topics: KafkaTopics;
  readonly producer: KafkaProducer;
  /** Ends every shard process, then the connections, and removes the pipeline's folder. */
  readonly end: () => Promise<void>;
}

/** A pipeline with new topics that have this number of partitions each. */
export async function speedTopics(kafka: KafkaOptions, partitions: number): Promise<SpeedTopics> {
  const pipeline = await speedPipeline();
  const topics = await KafkaTopics.connect(kafka);
  const producer = await KafkaProducer.connect(kafka);
  await topics.ensure(
    [pipeline.topic, pipeline.outputTopic, pipeline.deadLetterTopic].map((topic) => ({ topic, partitions })),
  );
  return {
    ...{ pipeline, topics, producer },
    end: () =>
      endAll(
        () => {
          ShardProcess.endAll();
        },
        () => producer.close(),
        () => topics.close(),
        () => pipeline.remove(),
      ),
  };
}
