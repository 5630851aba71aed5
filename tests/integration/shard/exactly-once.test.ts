import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaProducer, KafkaTopics } from '../../../clients/kafka';
import { expectedRows, feedRecords } from './expected-rows';
import { KafkaBroker } from './kafka-broker';
import { type ShardOrder, ShardProcess } from './shard-process';
import { speedPipeline, type SpeedPipeline } from './speed-pipeline';
import { contentsOf, differences, valuesOf } from './topic-contents';
import { endAll } from '../support/end-all';
import { until } from '../support/until';

const KILLS = 24;
const RECORDS = 300_000;
const PARTITIONS = 3;
const PIECE = 500;
/** The records for each shard. On any machine its backlog ends neither before the shard is killed nor long after. */
const SHARE = RECORDS / (KILLS + 2);
const RETRY_MS = 50;

describe('the speed layer, killed again and again under load', () => {
  const records = feedRecords(1, RECORDS);
  let broker: KafkaBroker;
  let pipeline: SpeedPipeline;
  let topics: KafkaTopics;
  let isFeeding = true;
  let kills = 0;
  let sent = 0;

  beforeAll(async () => {
    broker = await KafkaBroker.start();
    pipeline = await speedPipeline();
    topics = await KafkaTopics.connect(broker);
    await topics.ensure(
      [pipeline.topic, pipeline.outputTopic, pipeline.deadLetterTopic].map((topic) => ({
        topic,
        partitions: PARTITIONS,
      })),
    );
  });
  afterAll(() =>
    endAll(
      () => (isFeeding = false),
      () => {
        ShardProcess.endAll();
      },
      () => topics.close(),
      () => broker.stop(),
      () => pipeline.remove(),
    ),
  );

  it("commits each event's row exactly once, and exactly the bad ones as dead letters", async () => {
    const feeding = feed();
    const order: ShardOrder = {
      brokers: broker.brokers,
      pipelines: pipeline.pipelines,
      input: { pipeline: pipeline.name, shard: 0, shards: 1, maximumSeconds: 600 },
    };
    let next = new ShardProcess();
    for (; kills < KILLS; kills++) {
      const shard = next;
      await shard.go(order);
      next = new ShardProcess();
      await until(`commit of shard ${kills}`, () => shard.committed > 0 || shard.outcome !== undefined);
      expect(shard.outcome).toBeUndefined();
      await sleep(Math.random() * 300);
      if (kills === KILLS / 2) await broker.restart('SIGKILL');
      await shard.end('SIGKILL');
    }
    const before = sent;
    // On a busy machine the feed is behind the kills.
    await until('the records of every shard, and one more piece', () => sent > Math.max(before, KILLS * SHARE));
    isFeeding = false;
    await feeding;

    await next.go(order);
    // Not its lag: on a busy machine one partition is read to its end before it knows of the others.
    const ends = await topics.offsetsOf(pipeline.topic);
    const offsetOf = (of: number): number =>
      next.progress?.partitions.find(({ partition }) => partition === of)?.offset ?? 0;
    await until('the end of the backlog', () => ends.every(({ high }, partition) => offsetOf(partition) >= high));
    await next.end('SIGTERM');

    const byText = new Map(records.map((record) => [record.text, record]));
    const input = await contentsOf(broker.brokers, pipeline.topic, sent);
    const arrived = valuesOf(input).map((text) => byText.get(text)!);
    const rows = await expectedRows(arrived);
    const output = await contentsOf(broker.brokers, pipeline.outputTopic, rows.length);
    const deadLetters = await contentsOf(broker.brokers, pipeline.deadLetterTopic, arrived.length - rows.length);

    expect(differences(valuesOf(output), rows)).toEqual([]);
    expect(
      differences(
        valuesOf(deadLetters),
        arrived.filter(({ kind }) => kind === 'bad').map(({ text }) => text),
      ),
    ).toEqual([]);
  });

  /** Feeds until it is stopped. If a broker restarts, it sends a piece again, as producers do. */
  async function feed(): Promise<void> {
    while (isFeeding) {
      const producer = await KafkaProducer.connect(broker).catch(() => undefined);
      try {
        while (producer !== undefined && mayFeed()) {
          const piece = records.slice(sent, sent + PIECE);
          await producer.send(
            pipeline.topic,
            piece.map(({ text }, index) => ({ value: text, partition: (sent + index) % PARTITIONS })),
          );
          sent += piece.length;
        }
      } catch {
        // The broker is away: try again with the same piece.
      }
      await producer?.close();
      await sleep(RETRY_MS);
    }
  }

  function mayFeed(): boolean {
    return isFeeding && sent <= SHARE * (kills + 1);
  }
});
