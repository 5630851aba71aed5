import type { PartitionProgress } from '../../../domain/speed-shard';
import { readConfig } from '../../../worker/config';
import { ShardProcess } from './shard-process';
import { speedTopics, type SpeedTopics } from './speed-topics';
import { until } from '../support/until';

const kafka = { brokers: readConfig().kafka.brokers };
const EVENTS = 40_000;
const BAD_EVERY = 10;
const PIECE = 1_000;

describe('what a partition has committed', () => {
  let pipeline: SpeedTopics['pipeline'];
  let producer: SpeedTopics['producer'];
  let end: SpeedTopics['end'];

  beforeAll(async () => {
    ({ pipeline, producer, end } = await speedTopics(kafka, 1));
  });
  afterAll(() => end());

  it('is counted on by the next run, after a pause and after kills, and each run adds its own', async () => {
    const began = Date.now();
    for (let sent = 0; sent < EVENTS; sent += PIECE) await send(sent);
    const begun = await run();
    await until('the first commit', () => begun.committed > 0);
    await begun.end('SIGTERM');
    const since = partitionOf(begun).since;
    for (let kill = 0; kill < 3; kill++) {
      const shard = await run();
      await until('a commit', () => shard.committed > 0 || shard.lag === 0);
      await shard.end('SIGKILL');
    }
    const last = await run();
    await until('the end', () => last.lag === 0 && partitionOf(last).since !== undefined);
    const before = last.committed;
    await send(EVENTS);
    await until('one more piece', () => last.committed === before + PIECE);
    await last.end('SIGTERM');

    const events = EVENTS + PIECE;
    const deadLetters = events / BAD_EVERY;
    expect(partitionOf(last)).toMatchObject({ events, deadLetters, rows: events - deadLetters, since });
    expect(Date.parse(since ?? '')).toBeGreaterThanOrEqual(began);
  });

  function partitionOf({ progress }: ShardProcess): PartitionProgress {
    const [partition] = progress?.partitions ?? [];
    if (partition === undefined) throw new Error('the shard has told of no partition');
    return partition;
  }

  async function run(): Promise<ShardProcess> {
    const shard = new ShardProcess();
    const input = { pipeline: pipeline.name, shard: 0, shards: 1, maximumSeconds: 600 };
    await shard.go({ ...kafka, pipelines: pipeline.pipelines, input });
    await until('the shard', () => shard.progress?.partitions[0]?.since !== undefined);
    return shard;
  }

  async function send(first: number): Promise<void> {
    const messages = Array.from({ length: PIECE }, (_, index) => {
      const id = first + index;
      const value = id % BAD_EVERY === 0 ? 'bad' : JSON.stringify({ hello: 'h', id, time: '2026-11-21 12:00:00' });
      return { value, partition: 0 };
    });
    await producer.send(pipeline.topic, messages);
  }
});
