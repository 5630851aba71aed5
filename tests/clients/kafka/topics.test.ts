import { KafkaTopics } from '../../../clients/kafka';
import { type StubBroker, stubBroker } from './stub-broker';

const LEADER_NOT_AVAILABLE = 5;
const TOPIC_AUTHORIZATION_FAILED = 29;

let broker: StubBroker;
let topics: KafkaTopics;

beforeEach(async () => {
  broker = await stubBroker({
    events: { partitions: [0, 0, 0] },
    foreign: { partitions: [0, LEADER_NOT_AVAILABLE] },
  });
  topics = await KafkaTopics.connect({ brokers: [broker.address] });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await topics.close();
  await broker.close();
});

describe('a topic of another team that has no leader', () => {
  it('is not asked for: the own topic has its partitions, and an absent one has none', async () => {
    await expect(topics.partitionsOf('events')).resolves.toBe(3);
    await expect(topics.partitionsOf('absent')).resolves.toBe(0);
    await expect(topics.ensure([{ topic: 'events', partitions: 1 }])).resolves.toEqual([]);
    expect(new Set(broker.asked.flat())).toEqual(new Set(['events', 'absent']));
  });

  it('says nothing of whether Kafka answers', async () => {
    await expect(topics.ask()).resolves.toBeUndefined();
    expect(broker.asked).toEqual([['none']]);
  });
});

it('throws where no broker answers', async () => {
  await topics.ask();
  await broker.close();
  await expect(topics.ask()).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
});

it('takes for an answer, too, that this client may not see a topic', async () => {
  broker.topics.set('none', { error: TOPIC_AUTHORIZATION_FAILED, partitions: [] });
  await expect(topics.ask()).resolves.toBeUndefined();
});

it('finds a topic that was deleted absent, although it has seen it in the same millisecond', async () => {
  jest.spyOn(Date, 'now').mockReturnValue(Date.now());
  await expect(topics.partitionsOf('events')).resolves.toBe(3);
  broker.topics.delete('events');
  await expect(topics.partitionsOf('events')).resolves.toBe(0);
});

it('knows the partitions of a topic of which one has no leader, and names that one where it needs all', async () => {
  await expect(topics.partitionsOf('foreign')).resolves.toBe(2);
  let now = performance.now();
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => (now += 6_000)); // It waits for ten seconds.
  const offsets = topics.offsetsOf('foreign');
  await expect(offsets).rejects.toMatchObject({
    code: 'KAFKA_UNREACHABLE',
    what: expect.stringContaining('foreign/1 has no leader') as string,
  });
  clock.mockRestore();
});
