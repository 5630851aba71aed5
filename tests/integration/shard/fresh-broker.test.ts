import { KafkaTopics } from '../../../clients/kafka';
import { KafkaBroker } from './kafka-broker';

describe('a Kafka that has just come up', () => {
  let broker: KafkaBroker;
  const groups = Array.from({ length: 20 }, (_, index) => `group-${index}`);

  beforeAll(async () => {
    broker = await KafkaBroker.start();
  });
  afterAll(async () => {
    await broker.stop();
  });

  it.each(['at its first start', 'after a kill'])(
    'tells committed offsets while its coordinators load, %s',
    async (when) => {
      if (when === 'after a kill') await broker.restart('SIGKILL');
      const topics = await KafkaTopics.connect(broker);
      try {
        await topics.ensure([{ topic: 'events', partitions: 1 }]);
        const found = await Promise.all(groups.map((group) => topics.committedOffsets(group, 'events')));
        expect(found).toEqual(groups.map(() => new Map()));
      } finally {
        await topics.close();
      }
    },
  );
});
