import { KafkaProducer, KafkaTopics } from '../../../clients/kafka';
import { readConfig } from '../../../worker/config';
import { endAll } from '../support/end-all';
import { until } from '../support/until';

/** Sends events, as they are, to a topic of a speed layer that was started. */
export async function sendToRealtime(topic: string, values: readonly string[]): Promise<void> {
  const { kafka } = readConfig();
  const topics = await KafkaTopics.connect(kafka);
  const producer = await KafkaProducer.connect(kafka);
  try {
    // The layer makes it some moments after its start.
    await until('the topic', async () => (await topics.partitionsOf(topic)) > 0);
    await producer.send(
      topic,
      values.map((value) => ({ value, partition: 0 })),
    );
  } finally {
    await endAll(
      () => producer.close(),
      () => topics.close(),
    );
  }
}
