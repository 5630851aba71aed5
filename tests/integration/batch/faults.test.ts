import axios from 'axios';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createDruidClient } from '../../../clients/druid';
import { timestampLiteral } from '../../../domain/druid/quoting';
import { businessDateOf, dayInterval, shiftDate, type BusinessDate } from '../../../domain/business-date';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import type { DayManifest } from '../../../domain/day-manifest';
import type { FeedRecord } from '../../../scripts/feed/generate';
import type { HelloEvent } from '../../../scripts/feed/hello-events';
import { stackHealth, startStack, stopStack } from '../../../scripts/stack';
import { readConfig } from '../../../worker/config';
import { background, daybreak, succeed, type BackgroundCommand, type Ended } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { freePortBase } from '../support/test-stacks';
import { expectedRows, fedDay, servedRows, ZONE } from './day-rows';
import { until } from '../support/until';

/**
 * How many days are replaced under fire, one after another, each within two minutes. DAYBREAK_FAULT_ROUNDS=10 runs
 * more.
 */
const ROUNDS = Number(process.env['DAYBREAK_FAULT_ROUNDS'] ?? 1);
const EVENTS = 20_000;
/** Each number of events spreads over the day at other instants, so that the rows differ. */
const LATE_EVENTS = { before: 500, during: 600, after: 700 };
const today = businessDateOf(new Date(), ZONE);
const VICTIMS = ['worker', 'druid-indexer', 'druid-coordinator'] as const;
const summarySchema = z.object({ total: z.object({ events: z.number(), duplicatesInKafka: z.number() }) });

jest.setTimeout(600_000);

// This test kills servers, so it needs a stack that nobody else uses.
let stack: { portBase: number; directory: string };
let pipeline: OwnPipeline;
let worker: BackgroundCommand;
let environment: Record<string, string>;

beforeAll(async () => {
  stack = { portBase: await freePortBase(), directory: await mkdtemp(join(tmpdir(), 'daybreak-faults-')) };
  await startStack(stack);
  // Late rows that realtime gets after the build began are not in the build. Without `maximumShortfall` the gate would
  // take them for files that did not arrive.
  pipeline = await ownPipeline((yaml) => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 1\n  maximumShortfall: 1'));
  process.env['DAYBREAK_PORT_BASE'] = String(stack.portBase);
  environment = { ...pipeline.environment, TEMPORAL_NAMESPACE: 'default' };
  worker = await startWorker();
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => stopStack({ ...stack, wipe: true }),
    () => pipeline.remove(),
  ),
);

const startWorker = (): Promise<BackgroundCommand> => background('worker', environment, '"msg":"ready"');
const on = (command: string): string => `${command} --pipeline ${pipeline.name}`;

/** A stream of today's events that runs until it is stopped. `stop` returns how many of its rows Druid must have. */
function stream(): { stop(): Promise<number> } {
  const command = resolve(__dirname, '../../../scripts/daybreak.mjs');
  const args = [command, ...on('feed --rate 100 --late 0 --bad 0 --json').split(' ')];
  let stdout = '';
  const child = execFile(process.execPath, args, { env: { ...process.env, ...environment } });
  child.stdout?.on('data', (text: string) => (stdout += text));
  const ended = new Promise((resolveEnded) => child.once('exit', resolveEnded));
  return {
    async stop() {
      child.kill('SIGTERM'); // A second call finds it ended.
      await ended;
      const { total } = summarySchema.parse(JSON.parse(stdout));
      return total.events + total.duplicatesInKafka;
    },
  };
}

async function rowsFrom(instant: string): Promise<number> {
  const { queries } = createDruidClient(readConfig().druid);
  const sql = `SELECT COUNT(*) AS "rows" FROM "${pipeline.topic}" WHERE __time >= ${timestampLiteral(instant)}`;
  const [found] = await queries.sql(sql, [], z.object({ rows: z.number() }));
  return found?.rows ?? 0;
}

async function kill(victim: (typeof VICTIMS)[number]): Promise<void> {
  if (victim === 'worker') {
    worker.child.kill('SIGKILL');
    worker = await startWorker();
    return;
  }
  const { pid } = (await stackHealth(stack)).find(({ name }) => name === victim)!;
  process.kill(pid!, 'SIGKILL');
  await startStack(stack);
}

let live: ReturnType<typeof stream> | undefined;
// So that the next round counts today's rows correctly although this one failed.
afterEach(() => live?.stop());

/** Checks that the day is proven now: one version, no realtime segment, the batch's rows. None of our tasks is left. */
async function expectWhole(date: BusinessDate): Promise<void> {
  expect(await daybreak(on(`batch verify --date ${date}`), environment)).toMatchObject({ code: 0 });
  const left = await createDruidClient(readConfig().druid).tasks.unfinished(pipeline.topic);
  expect(left.filter(({ id }) => id.startsWith('daybreak_'))).toEqual([]);
}

/** The distinct rows of the input files, up to the bytes that the build has read. */
async function rowsOfFiles(version: string, sent: readonly FeedRecord<HelloEvent>[]): Promise<string[]> {
  const { inputs } = JSON.parse(await readFile(join(version, '_manifest.json'), 'utf8')) as DayManifest;
  const texts = new Set<string>();
  for (const { file, bytes } of inputs) {
    const content = await readFile(join(pipeline.input, file));
    for (const line of content.subarray(0, bytes).toString().split('\n')) texts.add(line);
  }
  return [...new Set(expectedRows(sent.filter(({ text }) => texts.has(text))))].sort();
}

function resultOf({ code, stdout, stderr }: Ended): DailyBatchResult {
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as DailyBatchResult;
}

/** Kills each victim once, in a random order and at random moments. */
async function underFire(): Promise<string> {
  const order = [...VICTIMS].sort(() => Math.random() - 0.5);
  const story: string[] = [];
  for (const victim of order) {
    const pause = Math.round(Math.random() * 6_000);
    await sleep(pause);
    story.push(`${pause} ms, ${victim}`);
    await kill(victim);
  }
  return story.join('; ');
}

/** Submits a task that does nothing to Druid, and returns its id. */
async function submitNothing(name: string): Promise<string> {
  const id = `${name}_${pipeline.name}`;
  await axios.post(`${readConfig().druid.coordinatorUrl}/druid/indexer/v1/task`, { type: 'noop', id, runTime: 0 });
  return id;
}

// By its own default Druid would wait five minutes for the dead indexer's answer, and start nothing.
it('starts tasks again soon after one was given to an indexer that was dead and still listed', async () => {
  const { tasks } = createDruidClient(readConfig().druid);
  const { pid } = (await stackHealth(stack)).find(({ name }) => name === 'druid-indexer')!;
  process.kill(pid!, 'SIGKILL');
  const lost = await submitNothing('lost');
  const log = join(stack.directory, 'log', 'druid-coordinator.log');
  await until('the doubt of Druid', async () =>
    (await readFile(log, 'utf8')).includes(`Not sure whether task[${lost}]`),
  );
  await startStack(stack);
  const next = await submitNothing('next');
  await until('the next task', async () => (await tasks.status(next))?.status === 'SUCCESS');
  expect(await tasks.status(lost)).toMatchObject({
    status: 'FAILED',
    errorMsg: expect.stringContaining('did not start it in timeout') as string,
  });
}, 180_000);

it.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
  'round %i: ends exactly although worker, indexer and coordinator are killed, and today loses nothing',
  async (round) => {
    // From later to earlier days, so that no seal exists yet: realtime still has each day when its run begins.
    const date = shiftDate(today, round - ROUNDS - 1);
    const sent: FeedRecord<HelloEvent>[] = [];
    const feed = async (seed: number, events: number): Promise<void> => {
      await succeed(on(`feed --date ${date} --seed ${seed} --events ${events} --append`), environment);
      sent.push(...fedDay(date, events, seed));
    };
    const run = () => daybreak(on(`batch run --date ${date} --json`), environment);
    const all = (): string[] => [...new Set(expectedRows(sent))].sort();
    const began = performance.now();
    /** Shows where a round is that waits long, or for ever. */
    const tell = (text: string): boolean =>
      process.stderr.write(`round ${round}, ${Math.round((performance.now() - began) / 1000)} s: ${text}\n`);
    await succeed(on('speed start'), environment);
    const before = await rowsFrom(dayInterval(today, ZONE).start).catch(() => 0);
    live = stream();
    await feed(round, EVENTS);
    await feed(100 + round, LATE_EVENTS.before);
    const inKafka = sent.filter(({ kind, toKafka }) => kind !== 'bad' && toKafka).length;
    await until('the day in realtime', async () => (await servedRows(pipeline.topic, date)).length >= inKafka);
    const early = all();
    tell('realtime serves the day');

    const running = run();
    // Late rows during the run, in Kafka and in the files.
    const [story] = await Promise.all([
      underFire(),
      sleep(Math.random() * 10_000).then(() => feed(200 + round, LATE_EVENTS.during)),
    ]);
    const ended = await running;
    tell(`killed after ${story}; the run ended with ${ended.code}`);
    const result = resultOf(ended);
    expect(result.verdict).toBe('replaced');
    await expectWhole(date);
    // Rows that came during the run are included as far as its build has read the files.
    const served = await servedRows(pipeline.topic, date);
    expect(served).toEqual(await rowsOfFiles(result.output, sent));
    const there = new Set(served);
    expect(early.filter((row) => !there.has(row))).toEqual([]);
    tell('the day is exact');

    await feed(300 + round, LATE_EVENTS.after);
    resultOf(await run());
    expect(await servedRows(pipeline.topic, date)).toEqual(all());
    await expectWhole(date);
    tell('the day is exact again with its late rows');

    const expected = before + (await live.stop());
    await until('the rows of today', async () => (await rowsFrom(dayInterval(today, ZONE).start)) >= expected);
    expect(await rowsFrom(dayInterval(today, ZONE).start)).toBe(expected);
    tell('today is exact');
  },
);
