import { Kafka, logLevel, type Transaction } from 'kafkajs';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaTopics, PartitionSession } from '../../../clients/kafka';
import { readConfig } from '../../../worker/config';
import { numberedTopic } from './numbered-topic';

const kafka = { brokers: readConfig().kafka.brokers };
const name = `open-transaction-${randomBytes(4).toString('hex')}`;
const session = { topic: name, partition: 0, group: name, outputs: [] };
/** An opening that does not wait takes some milliseconds. */
const WAITS_MS = 1_500;

/** Kafka before 4 shows this for a moment after each transaction, and any Kafka while a transaction is open. */
describe('a session that is opened while an offset of its partition is in a transaction that has not ended', () => {
  let topics: KafkaTopics;
  const producer = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).producer({
    transactionalId: `${name}.other`,
    idempotent: true,
    maxInFlightRequests: 1,
  });

  beforeAll(async () => {
    topics = await KafkaTopics.connect(kafka);
    await numberedTopic(topics, kafka.brokers, name);
    await producer.connect();
  });
  afterAll(async () => {
    await Promise.allSettled([topics.close(), producer.disconnect()]);
  });

  it.each([
    { end: 'committed', start: 7 },
    { end: 'aborted', start: 3 },
  ])('waits, and starts at $start where it is $end', async ({ end, start }) => {
    const transactionalId = `${name}.${end}`;
    const first = await PartitionSession.open(kafka, { ...session, transactionalId });
    await first.commit(new Map(), 3, 'three');
    await first.close();
    const transaction: Transaction = await producer.transaction();
    await transaction.sendOffsets({
      consumerGroupId: name,
      topics: [{ topic: name, partitions: [{ partition: 0, offset: '7' }] }],
    });

    const opening = PartitionSession.open(kafka, { ...session, transactionalId });
    const early = await Promise.race([opening, sleep(WAITS_MS, 'waits')]);
    await (end === 'committed' ? transaction.commit() : transaction.abort());
    const opened = await opening;
    await opened.close();

    expect(early).toBe('waits');
    expect(opened.start.offset).toBe(start);
  });
});
