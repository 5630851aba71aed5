import { hasNoLeader } from '../../../clients/kafka';
import type * as Connection from '../../../clients/kafka/connection';
import { KafkaProducer } from '../../../clients/kafka/producer';
import { DaybreakError } from '../../../domain/errors';
import { stubBroker } from './stub-broker';

const LEADER_NOT_AVAILABLE = 5;

// The same tries, without the pauses between them.
jest.mock('../../../clients/kafka/connection', () => ({
  ...jest.requireActual<typeof Connection>('../../../clients/kafka/connection'),
  RETRY: { initialRetryTime: 1, maxRetryTime: 1 },
}));

it('names the partition that has no leader, and what helps', async () => {
  const broker = await stubBroker({ events: { partitions: [0, LEADER_NOT_AVAILABLE] } });
  const producer = await KafkaProducer.connect({ brokers: [broker.address] });
  const messages = [0, 1].map((partition) => ({ partition, value: '{}' }));
  const thrown: unknown = await producer.send('events', messages).catch((error: unknown) => error);
  await producer.close();
  await broker.close();
  expect(thrown).toMatchObject({
    code: 'KAFKA_UNREACHABLE',
    what: `Kafka at ${broker.address} failed writing to events: events/1 has no leader`,
    remedy: expect.stringContaining('start that broker') as string,
  });
  expect(thrown instanceof DaybreakError && hasNoLeader(thrown)).toBe(true);
});
