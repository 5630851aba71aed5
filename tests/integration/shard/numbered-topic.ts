import { KafkaProducer, type KafkaTopics } from '../../../clients/kafka';

/** Makes a topic of one partition, whose records are their offsets: ten of them. */
export async function numberedTopic(topics: KafkaTopics, brokers: readonly string[], name: string): Promise<void> {
  await topics.ensure([{ topic: name, partitions: 1 }]);
  const producer = await KafkaProducer.connect({ brokers });
  await producer.send(
    name,
    Array.from({ length: 10 }, (_, index) => ({ value: `${index}`, partition: 0 })),
  );
  await producer.close();
}
