import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaProducer, KafkaTopics, PartitionSession } from '../../../clients/kafka';
import { DaybreakError } from '../../../domain/errors';
import { KafkaBroker } from './kafka-broker';
import { contentsOf } from './topic-contents';

const PARTITIONS = 12;
const RECORDS = 20_000;
const MOST_KILLS = 8;
/** The broker's message after it lost them. */
const LOST = "Couldn't find leader endpoint for partitions";

/**
 * If the only broker is killed between a transaction's decision and its markers, Kafka 4 may consider the transaction
 * complete without them after its restart. Its log then says so. With many transactions at once this is likely for
 * some.
 */
it('commits each row once where a broker that is killed loses the markers of transactions', async () => {
  const broker = await KafkaBroker.start();
  try {
    const topics = await KafkaTopics.connect(broker);
    await topics.ensure(['in', 'out'].map((topic) => ({ topic, partitions: PARTITIONS })));
    await topics.close();
    const producer = await KafkaProducer.connect(broker);
    for (let partition = 0; partition < PARTITIONS; partition++) {
      await producer.send(
        'in',
        Array.from({ length: RECORDS }, () => ({ value: '', partition })),
      );
    }
    await producer.close();

    const hasLost = async (): Promise<boolean> => (await readFile(broker.log, 'utf8')).includes(LOST);
    for (let kill = 0; kill < MOST_KILLS && !(await hasLost()); kill++) {
      const running = Array.from({ length: PARTITIONS }, (_, partition) => commitOn(partition));
      await Promise.all(running.map(({ committed, end }) => Promise.race([committed, end()])));
      await sleep(randomInt(100));
      await broker.restart('SIGKILL');
      await Promise.all(running.map(({ end }) => end()));
    }

    const last = await Promise.all(
      Array.from({ length: PARTITIONS }, async (_, partition) => {
        const session = await open(partition);
        await commitRow(session, partition, session.start.offset);
        await session.close();
        return session.start.offset + 1;
      }),
    );
    const expected = last.flatMap((offset, partition) => Array.from({ length: offset }, (_, n) => `${partition}:${n}`));
    const rows = (await contentsOf(broker.brokers, 'out', expected.length)).map(({ value }) => value ?? '');
    expect(await hasLost()).toBe(true);
    expect(rows.sort()).toEqual(expected.sort());
  } finally {
    await broker.stop();
  }

  /** Retries as a shard does while the broker loads its data. */
  async function open(partition: number): Promise<PartitionSession> {
    const transactionalId = `owner-of-${partition}`;
    const options = { topic: 'in', partition, group: 'group', transactionalId, outputs: ['out'] };
    const deadline = Date.now() + 300_000;
    for (;;) {
      try {
        return await PartitionSession.open(broker, options);
      } catch (thrown) {
        if (!(thrown instanceof DaybreakError && thrown.retry) || Date.now() > deadline) throw thrown;
        await sleep(100);
      }
    }
  }

  async function commitRow(session: PartitionSession, partition: number, offset: number): Promise<void> {
    const row = { key: null, value: `${partition}:${offset}`, partition };
    await session.commit(new Map([['out', [row]]]), offset + 1);
  }

  /** Writes a row for each offset, in a transaction for each row, until the broker is away. */
  function commitOn(partition: number) {
    let committed = (): void => undefined;
    const first = new Promise<void>((resolve) => (committed = resolve));
    const running = (async () => {
      const session = await open(partition);
      try {
        for (let offset = session.start.offset; offset < RECORDS; offset++) {
          await commitRow(session, partition, offset);
          committed();
        }
      } catch {
        return; // The broker was killed.
      } finally {
        await session.close();
      }
    })();
    return { committed: first, end: () => running };
  }
});
