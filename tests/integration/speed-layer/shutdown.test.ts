import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { KafkaProducer, KafkaTopics } from '../../../clients/kafka';
import { speedLayerId } from '../../../domain/speed-layer';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { expectedRows, feedRecords } from '../shard/expected-rows';
import { contentsOf, differences, valuesOf } from '../shard/topic-contents';
import { background, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';

useStack();
const kafka = { brokers: readConfig().kafka.brokers };
const PARTITIONS = 3;
const RECORDS = 60_000;
const PIECE = 100;
/** The worker gives its activities 10 s. The rest is for Node's start and end on a busy machine. */
const GRACE_MS = 45_000;
const statusSchema = z.object({
  state: z.string(),
  partitions: z.array(
    z.object({
      partition: z.number(),
      offset: z.number(),
      lag: z.number(),
      eventsPerSecond: z.number(),
      events: z.number(),
      deadLetters: z.number(),
      lastCommitAt: z.iso.datetime().optional(),
    }),
  ),
});

let pipeline: OwnPipeline;
let worker: BackgroundCommand;

beforeAll(async () => {
  pipeline = await ownPipeline();
  worker = await startWorker();
});
afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

const startWorker = (): Promise<BackgroundCommand> =>
  background('worker --role speed', pipeline.environment, '"msg":"ready"');

async function status() {
  const text = await succeed(`speed status --json --pipeline ${pipeline.name}`, pipeline.environment);
  return statusSchema.parse(JSON.parse(text));
}

/** The text that the Temporal UI shows above the workflow. */
async function currentDetails(): Promise<string> {
  const metadata = await withClient(readConfig(), (client) =>
    client.workflow.getHandle(speedLayerId(pipeline.name)).query<unknown>('__temporal_workflow_metadata'),
  );
  return z.object({ currentDetails: z.string() }).parse(metadata).currentDetails;
}

const untilStatus = (what: string, holds: (status: z.infer<typeof statusSchema>) => boolean) =>
  until(what, async () => {
    const now = await status();
    return holds(now) && now;
  });

it('shows each partition while it runs, commits within the grace period on SIGTERM, and goes on in the next worker', async () => {
  await succeed(`speed start --pipeline ${pipeline.name}`, pipeline.environment);
  await untilStatus('partitions', ({ partitions }) => partitions.length === PARTITIONS);
  const records = feedRecords(11, RECORDS);
  const producer = await KafkaProducer.connect(kafka);
  const load = feed(
    producer,
    records.map(({ text }) => text),
  );
  const shown = await untilStatus('events', ({ partitions }) => partitions.some(({ events }) => events > 0));
  expect(shown.partitions.every(({ offset, lag }) => offset >= 0 && lag >= 0)).toBe(true);
  expect(shown.partitions.find(({ events }) => events > 0)?.lastCommitAt).toBeDefined();

  await until('the details', async () => (await currentDetails()).includes('| partition | offset | lag |'));

  const told = performance.now();
  expect(await worker.stop()).toBe(0);
  expect(performance.now() - told).toBeLessThan(GRACE_MS);
  // Otherwise the worker was stopped when it had nothing left to commit.
  expect(load.isPaced()).toBe(true);
  worker = await startWorker();
  await load.sendRest();
  await producer.close();
  const topics = await KafkaTopics.connect(kafka);
  const written = (await topics.offsetsOf(pipeline.topic)).map(({ high }) => high);
  await topics.close();
  await untilStatus(
    'the end of the topic',
    ({ partitions }) =>
      partitions.length === written.length &&
      partitions.every(({ partition, offset }) => offset === written[partition]),
  );

  const rows = await expectedRows(records);
  const output = await contentsOf(kafka.brokers, `${pipeline.topic}_out`, rows.length);
  expect(differences(valuesOf(output), rows)).toEqual([]);
});

/** A piece every 300 ms makes minutes of load, so that the worker is stopped in the middle of it. */
function feed(producer: KafkaProducer, texts: readonly string[]): { isPaced(): boolean; sendRest(): Promise<void> } {
  let at = 0;
  const paced = new AbortController();
  const send = async (count: number): Promise<void> => {
    const piece = texts.slice(at, at + count).map((value, index) => ({ value, partition: (at + index) % PARTITIONS }));
    await producer.send(pipeline.topic, piece);
    at += piece.length;
  };
  const pacing = (async () => {
    while (!paced.signal.aborted && at < texts.length) {
      await send(PIECE);
      await sleep(300);
    }
  })();
  pacing.catch(() => undefined); // Thrown when it is awaited.
  return {
    isPaced: () => at < texts.length,
    async sendRest() {
      paced.abort();
      await pacing;
      while (at < texts.length) await send(20 * PIECE);
    },
  };
}
