import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { KafkaTopics, PartitionSession } from '../../../clients/kafka';
import { readConfig } from '../../../worker/config';
import { withAdmin } from '../support/kafka-admin';
import { until } from '../support/until';
import { numberedTopic } from './numbered-topic';

const kafka = { brokers: readConfig().kafka.brokers };

/**
 * Kafka 4.3 answers so while its group coordinator loads, if it was elected again meanwhile. Here somebody deletes the
 * group, which gives the same answer.
 */
describe('a partition whose committed offset Kafka does not know', () => {
  let name: string;
  let topics: KafkaTopics;

  beforeEach(async () => {
    name = `missing-offset-${randomBytes(4).toString('hex')}`;
    topics = await KafkaTopics.connect(kafka);
    await numberedTopic(topics, kafka.brokers, name);
    const isKnown = (): Promise<boolean> =>
      topics
        .committedOffsets(name, name)
        .then(() => true)
        .catch(() => false);
    await until('the coordinator of the group', isKnown);
  });
  afterEach(() => topics.close());

  const optionsOf = () => ({ topic: name, partition: 0, group: name, transactionalId: name, outputs: [] });
  const open = (known?: number): Promise<PartitionSession> =>
    PartitionSession.open(kafka, { ...optionsOf(), ...(known !== undefined && { known }) });
  const startOf = async (known?: number): Promise<PartitionSession['start']> => {
    const session = await open(known);
    await session.close();
    return session.start;
  };
  const forget = (): Promise<void> => withAdmin(kafka.brokers, (admin) => admin.deleteGroups([name]));
  /** As Kafka does when it has loaded, or as a person does who runs the command of the error. */
  const remember = (offset: number): Promise<void> =>
    withAdmin(kafka.brokers, (admin) =>
      admin.setOffsets({ groupId: name, topic: name, partitions: [{ partition: 0, offset: `${offset}` }] }),
    );

  async function commit(offset: number): Promise<void> {
    const session = await open();
    await session.commit(new Map(), offset);
    await session.close();
  }

  /** Takes the partition over without an offset, so that Kafka does not tell any more that one was committed. */
  async function takeOver(): Promise<void> {
    const owner = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).producer({
      ...{ transactionalId: name, idempotent: true, maxInFlightRequests: 1 },
    });
    await owner.connect();
    await (await owner.transaction()).abort();
    await owner.disconnect();
  }

  it('is not read from its start, and goes on as soon as Kafka knows it', async () => {
    await commit(7);
    await forget();

    const command = `kafka-consumer-groups.sh --bootstrap-server ${kafka.brokers.join(',')} --group ${name} --topic ${name}:0`;
    const message =
      `OFFSET_MISSING: Kafka knows no committed offset of group ${name} for ${name}/0, but one was committed. Wait: ` +
      'a Kafka that has just started knows it when it has loaded its groups. If somebody deleted it, or the layer stood ' +
      `still for a week, say where to go on: ${command} --reset-offsets --to-offset OFFSET --execute . If the topic was ` +
      `made anew, read it from its start: ${command} --reset-offsets --to-earliest --execute`;
    await expect(open()).rejects.toThrow(message);
    // It still knows that an offset was committed.
    await expect(open()).rejects.toThrow(message);
    await remember(7);
    expect(await startOf()).toEqual({ offset: 7 });
  });

  it('is not read from its start while the markers of its last transaction are written', async () => {
    for (let round = 0; round < 20; round++) {
      const last = await open();
      await last.commit(new Map(), 7);
      // Another group has the same transactional id, so that its offset is gone without a wait.
      const next = PartitionSession.open(kafka, { ...optionsOf(), group: `${name}-other` });
      await expect(next).rejects.toMatchObject({ code: 'OFFSET_MISSING' });
      await last.close();
    }
  });

  it('is not read from its start by an owner that has committed it, whatever the transactional id tells', async () => {
    await commit(7);
    await takeOver();
    await forget();

    await expect(open(7)).rejects.toThrow(/: 7 or a later one\. .* --to-offset 7 --execute \. If /);
    await remember(8);
    expect(await startOf(7)).toEqual({ offset: 8 });
  });

  it('is not read from its start by an owner who saw it before it was gone, and then lost the connection', async () => {
    await commit(7);
    const seen: (number | undefined)[] = [];
    const session = await PartitionSession.open(kafka, optionsOf(), undefined, ({ known }) => seen.push(known));
    await session.close();
    await forget();

    expect(seen).toEqual([7, 7]);
    await expect(open(seen[0])).rejects.toMatchObject({ code: 'OFFSET_MISSING' });
  });

  it('is read from its start where nothing was committed', async () => {
    expect(await startOf()).toEqual({ offset: 0 });
  });

  it('is read from its start where the topic was made anew, which is shorter', async () => {
    await commit(7);
    await forget();
    expect(await startOf(100)).toEqual({ offset: 0, reset: { committed: 100, low: 0, high: 10 } });
  });

  it('is at its end where there is nothing to read', async () => {
    await commit(10);
    await withAdmin(kafka.brokers, async (admin) => {
      await admin.fetchTopicOffsets(name); // It deletes of topics that it knows.
      await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '10' }] });
    });
    await forget();
    expect(await startOf()).toEqual({ offset: 10 });
  });
});
