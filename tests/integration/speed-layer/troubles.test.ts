import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { KafkaProducer, KafkaTopics } from '../../../clients/kafka';
import { speedGroupOf } from '../../../domain/speed-shard';
import { readConfig } from '../../../worker/config';
import { contentsOf } from '../shard/topic-contents';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { forward } from '../support/forward';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';

useStack();
/**
 * How long Druid refuses after the layer has seen it. DAYBREAK_REFUSED_SECONDS=600 makes it an outage of ten minutes.
 */
const REFUSED_SECONDS = Number(process.env['DAYBREAK_REFUSED_SECONDS'] ?? 5);
// Each wait below has five minutes, and its own message if that is not enough. This limit has no message.
jest.setTimeout(1_800_000 + REFUSED_SECONDS * 1_000);
const { kafka: cluster, druid } = readConfig();
const kafka = { brokers: cluster.brokers };
const PARTITIONS = 3;
const EVENTS_AT_ONCE = 150;
/**
 * The longest that a partition may stand still while events come. A restart includes the worker's grace period of ten
 * seconds.
 */
const STANDSTILL_MS = 15_000;
const RESTART_MS = 60_000;

let pipeline: OwnPipeline;
let gateway: Server;
let isRefusing = false;
const workers: BackgroundCommand[] = [];
let topics: KafkaTopics;
let load: Load;

/** Sends events to each partition continually, and records how long each stands still. */
class Load {
  sent = 0;
  readonly standstills: number[] = Array<number>(PARTITIONS).fill(0);
  readonly #producer: KafkaProducer;
  readonly #over = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(producer: KafkaProducer) {
    this.#producer = producer;
  }

  start(): void {
    this.#running = Promise.all([this.#send(), this.#watch()]);
  }

  async end(): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    await this.#running;
    await this.#producer.close();
  }

  async #send(): Promise<void> {
    while (!this.#over.signal.aborted) {
      const messages = Array.from({ length: EVENTS_AT_ONCE }, (_, index) => {
        const id = this.sent + index;
        return { value: `{"hello":"h","id":${id},"time":"2026-11-21 12:00:00"}`, partition: id % PARTITIONS };
      });
      await this.#producer.send(pipeline.topic, messages);
      this.sent += EVENTS_AT_ONCE;
      await sleep(100);
    }
  }

  async #watch(): Promise<void> {
    let before = new Map<number, number>();
    const movedAt = Array<number>(PARTITIONS).fill(Date.now());
    while (!this.#over.signal.aborted) {
      const committed = await topics.committedOffsets(speedGroupOf(pipeline.name), pipeline.topic);
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        if ((committed.get(partition) ?? 0) > (before.get(partition) ?? 0)) movedAt[partition] = Date.now();
        const still = Date.now() - (movedAt[partition] ?? 0);
        this.standstills[partition] = Math.max(this.standstills[partition] ?? 0, still);
      }
      before = committed;
      await sleep(250);
    }
  }
}

beforeAll(async () => {
  pipeline = await ownPipeline();
  gateway = createServer((incoming, outgoing) => {
    if (isRefusing) {
      outgoing.writeHead(401).end('Unauthorized');
      return;
    }
    forward(druid.coordinatorUrl, incoming, outgoing);
  }).listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  for (const number of [0, 1]) workers.push(await startWorker(number));
  topics = await KafkaTopics.connect(kafka);
  await succeed(`speed start --shards 2 --pipeline ${pipeline.name}`, environment());
  await untilStatus('three partitions', ({ partitions }) => partitions.length === PARTITIONS);
  load = new Load(await KafkaProducer.connect(kafka));
  load.start();
});

afterAll(() =>
  endAll(
    () => load.end(),
    ...workers.map((worker) => () => worker.stop()),
    () => topics.close(),
    () => pipeline.remove(),
    () => {
      gateway.closeAllConnections();
      gateway.close();
    },
  ),
);

function environment(number = 0): Record<string, string> {
  const { port } = gateway.address() as AddressInfo; // It listens on a port.
  return {
    ...pipeline.environment,
    DRUID_COORDINATOR_URL: `http://127.0.0.1:${port}`,
    // Each worker answers at its own port.
    DAYBREAK_WORKER_PORT: String(readConfig().workerPort + number),
  };
}
const startWorker = (number: number): Promise<BackgroundCommand> =>
  background('worker --role speed', environment(number), '"msg":"ready"');

const statusSchema = z.object({
  state: z.string(),
  troubles: z.array(z.string()),
  partitions: z.array(z.object({ partition: z.number(), kept: z.string().optional(), trouble: z.string().optional() })),
  folder: z.object({ code: z.string().optional(), remedy: z.string().optional() }),
});
type Status = z.infer<typeof statusSchema>;

async function untilStatus(what: string, holds: (status: Status) => boolean): Promise<void> {
  let text = '';
  const held = until(what, async () => {
    text = await succeed(`speed status --json --pipeline ${pipeline.name}`, environment());
    return holds(statusSchema.parse(JSON.parse(text)));
  });
  await held.catch((cause: unknown) => {
    throw new Error(`last seen: ${text}`, { cause });
  });
}
const isWell = ({ state, troubles, partitions, folder }: Status): boolean =>
  state === 'running' &&
  troubles.length === 0 &&
  partitions.length === PARTITIONS &&
  partitions.every(({ kept, trouble }) => kept === undefined && trouble === undefined) &&
  folder.code === undefined;

const began = performance.now();
/** Shows where a run of many minutes is, and the longest that each partition has stood still so far. */
function tell(what: string): void {
  const seconds = Math.round((performance.now() - began) / 1_000);
  const stood = load.standstills.map((milliseconds) => `${(milliseconds / 1_000).toFixed(1)} s`).join(', ');
  process.stderr.write(`${seconds} s, ${load.sent} events sent: ${what}; longest standstills ${stood}\n`);
}

it('goes on under load while Druid refuses, a table is cut, and a worker restarts, and says each time what is wrong', async () => {
  await untilStatus('health', isWell);
  tell('all is well');

  isRefusing = true;
  await untilStatus('401', ({ troubles }) =>
    troubles.some((trouble) => trouble.includes('401') && trouble.includes('Set DRUID_USERNAME and DRUID_PASSWORD')),
  );
  const { code, stdout } = await daybreak(`status --pipeline ${pipeline.name}`, environment());
  expect(code).toBe(1);
  expect(stdout).toMatch(/! Druid coordinator: .*401/);
  tell('Druid refuses');
  await sleep(REFUSED_SECONDS * 1_000);
  isRefusing = false;
  await untilStatus('end of the 401', isWell);
  tell(`all is well after ${REFUSED_SECONDS} s of 401`);

  const table = join(pipeline.folder, 'names.ndjson');
  const whole = await readFile(table, 'utf8');
  await writeFile(table, whole.slice(0, -10));
  await untilStatus('kept pipeline', ({ partitions, folder }) => {
    const isKept = partitions.length === PARTITIONS && partitions.every(({ kept }) => kept?.startsWith('BAD_TABLE: '));
    return isKept && folder.code === 'BAD_TABLE' && folder.remedy !== undefined;
  });
  await writeFile(table, whole);
  await untilStatus('end of the cut table', isWell);
  tell('all is well after a cut table');

  expect(Math.max(...load.standstills)).toBeLessThan(STANDSTILL_MS);

  for (const number of [0, 1]) {
    await workers[number]?.stop();
    workers[number] = await startWorker(number);
    await untilStatus('health after a restart', isWell);
    tell(`all is well after the restart of worker ${number}`);
  }

  await load.end();
  expect(Math.max(...load.standstills)).toBeLessThan(RESTART_MS);
  await untilCommitted(load.sent);
  const rows = await contentsOf(kafka.brokers, `${pipeline.topic}_out`, load.sent);
  const ids = rows.map(({ value }) => z.object({ user_id: z.number() }).parse(JSON.parse(value ?? '')).user_id);
  tell(`${ids.length} rows came of them, of which ${new Set(ids).size} are distinct`);
  expect(ids.sort((one, other) => one - other)).toEqual(Array.from({ length: load.sent }, (_, id) => id));
});

async function untilCommitted(count: number): Promise<void> {
  await until('the end of the topic', async () => {
    const committed = await topics.committedOffsets(speedGroupOf(pipeline.name), pipeline.topic);
    // Ends of the producer’s transactions have offsets too.
    return [...committed.values()].reduce((sum, one) => sum + one, 0) >= count;
  });
}
