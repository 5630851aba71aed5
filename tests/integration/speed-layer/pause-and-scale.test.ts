import { z } from 'zod';
import { KafkaTopics } from '../../../clients/kafka';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import { DAY_MAXIMUM_DELAY } from '../../../scripts/feed/feed-day';
import { generateFeed, type FeedRecord } from '../../../scripts/feed/generate';
import type { HelloEvent } from '../../../scripts/feed/hello-events';
import { dayInstants } from '../../../scripts/feed/instants';
import { readConfig } from '../../../worker/config';
import { expectedRows } from '../shard/expected-rows';
import { contentsOf, differences, valuesOf } from '../shard/topic-contents';
import { background, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';
import { topicProgress } from './topic-progress';

useStack();
/** The pause lasts until a whole feed has arrived meanwhile, and at least this long. */
const PAUSE_MS = Number(process.env['DAYBREAK_TEST_PAUSE_SECONDS'] ?? 0) * 1_000;
jest.setTimeout(600_000 + 3 * PAUSE_MS);
const EVENTS = 20_000;
const date = shiftDate(businessDateOf(new Date(), 'Asia/Seoul'), -1);
const brokers = readConfig().kafka.brokers;
const statusSchema = z.object({ state: z.string(), shards: z.number() });

let pipeline: OwnPipeline;
let worker: BackgroundCommand;
let topics: KafkaTopics;

beforeAll(async () => {
  pipeline = await ownPipeline();
  topics = await KafkaTopics.connect({ brokers });
  worker = await startWorker();
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => topics.close(),
    () => pipeline.remove(),
  ),
);

const startWorker = (): Promise<BackgroundCommand> =>
  background('worker --role speed', pipeline.environment, '"msg":"ready"');
const speed = (command: string): Promise<string> =>
  succeed(`speed ${command} --pipeline ${pipeline.name}`, pipeline.environment);

const progress = () => topicProgress(topics, pipeline);

const feed = (seed: number): Promise<string> =>
  succeed(
    `feed --pipeline ${pipeline.name} --date ${date} --events ${EVENTS} --seed ${seed} --no-files`,
    pipeline.environment,
  );

/** Feeds one after another until `isOver`. Returns the seeds of the feeds that were sent. */
async function feedOn(isOver: () => boolean): Promise<number[]> {
  const seeds: number[] = [];
  for (let seed = 5; !isOver(); seed++) {
    await feed(seed);
    seeds.push(seed);
  }
  return seeds;
}

/** The records that a feed of this seed sends to Kafka. */
function fed(seed: number): FeedRecord<HelloEvent>[] {
  const shares = { duplicates: 0.01, late: 0.005, bad: 0.0005, maximumDelay: DAY_MAXIMUM_DELAY };
  const instants = dayInstants(date, 'Asia/Seoul', EVENTS, 'daily');
  return [...generateFeed({ seed, timeZone: 'Asia/Seoul', ...shares }, instants)].filter(({ toKafka }) => toKafka);
}

it('holds while paused, goes on with another number of shards and survives its worker’s death, each event once', async () => {
  let isOver = false;
  await speed('start');
  const feeding = feedOn(() => isOver);
  await until(
    'the first commit',
    async () => (await topics.partitionsOf(pipeline.topic)) > 0 && (await progress()).read > 0,
  );

  expect(await speed('pause')).toContain(': paused\n');
  expect(statusSchema.parse(JSON.parse(await speed('status --json'))).state).toBe('paused');
  const [held, pausedAt] = [await progress(), Date.now()];
  await until(
    'more events and the end of the pause',
    async () => (await progress()).written > held.written + EVENTS && Date.now() >= pausedAt + PAUSE_MS,
  );
  expect((await progress()).read).toBe(held.read);

  await speed('scale 2');
  await speed('resume');
  await until('a commit after the pause', async () => (await progress()).read > held.read);
  worker.child.kill('SIGKILL');
  worker = await startWorker();
  isOver = true;
  const sent = (await feeding).flatMap(fed);
  await until('the end of the topic', async () => {
    const { read, written } = await progress();
    return read === written;
  });
  expect(statusSchema.parse(JSON.parse(await speed('status --json')))).toEqual({ state: 'running', shards: 2 });

  const rows = await expectedRows(sent);
  const served = valuesOf(await contentsOf(brokers, `${pipeline.topic}_out`, rows.length));
  expect(differences(served, rows)).toEqual([]);
  const letters = await contentsOf(brokers, `${pipeline.topic}_dlq`, sent.length - rows.length);
  expect(letters).toHaveLength(sent.length - rows.length);
});
