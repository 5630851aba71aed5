import { KafkaProducer, KafkaTopics } from '../../../clients/kafka';
import type { PartitionProgress } from '../../../domain/speed-shard';
import { KafkaBroker } from './kafka-broker';
import { ShardProcess } from './shard-process';
import { speedPipeline, type SpeedPipeline } from './speed-pipeline';
import { endAll } from '../support/end-all';
import { until } from '../support/until';

describe('a partition whose broker is killed', () => {
  let broker: KafkaBroker;
  let pipeline: SpeedPipeline;

  beforeAll(async () => {
    broker = await KafkaBroker.start();
    pipeline = await speedPipeline();
    const topics = await KafkaTopics.connect(broker);
    await topics.ensure(
      [pipeline.topic, pipeline.outputTopic, pipeline.deadLetterTopic].map((topic) => ({ topic, partitions: 1 })),
    );
    await topics.close();
  });
  afterAll(() =>
    endAll(
      () => {
        ShardProcess.endAll();
      },
      () => broker.stop(),
      () => pipeline.remove(),
    ),
  );

  it('says what holds it up until it goes on, and no longer, and keeps its counts', async () => {
    const shard = new ShardProcess();
    const input = { pipeline: pipeline.name, shard: 0, shards: 1, maximumSeconds: 600 };
    await shard.go({ brokers: broker.brokers, pipelines: pipeline.pipelines, input });
    const partition = (): PartitionProgress | undefined => shard.progress?.partitions[0];
    await send('bad');
    await until('the first dead letter', () => partition()?.deadLetters === 1);
    const before = partition();

    const restarting = broker.restart('SIGKILL');
    await until('the trouble', () => partition()?.trouble !== undefined);
    expect(partition()?.trouble).toContain('Kafka at');
    await restarting;
    await until('its end', () => partition()?.trouble === undefined);
    await send('bad as well');
    await until('the second dead letter', () => partition()?.deadLetters === 2);
    expect(partition()).toMatchObject({ events: 2, rows: 0, since: before?.since });
    expect(partition()).not.toHaveProperty('trouble');
    expect(shard.committed).toBe(2);
    await shard.end('SIGTERM');
  });

  async function send(value: string): Promise<void> {
    const producer = await KafkaProducer.connect(broker);
    await producer.send(pipeline.topic, [{ value, partition: 0 }]);
    await producer.close();
  }
});
