import type { KafkaTopics } from '../../../clients/kafka';
import { speedGroupOf } from '../../../domain/speed-shard';
import type { OwnPipeline } from '../support/own-pipeline';

/** How many records of the topic the speed layer has committed as read, and how many exist. */
export async function topicProgress(
  topics: KafkaTopics,
  { name, topic }: Pick<OwnPipeline, 'name' | 'topic'>,
): Promise<{ read: number; written: number }> {
  const committed = await topics.committedOffsets(speedGroupOf(name), topic);
  const sum = (offsets: readonly number[]): number => offsets.reduce((total, offset) => total + offset, 0);
  const written = sum((await topics.offsetsOf(topic)).map(({ high }) => high));
  return { read: sum([...committed.values()]), written };
}
