import { MockActivityEnvironment } from '@temporalio/testing';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGateActivities } from '../../../activities/batch/check-gate';
import { sharedPath } from '../../../activities/batch/input-source';
import { createDruidClient } from '../../../clients/druid';
import { businessDateOf, dayInterval, hoursOfDay, shiftDate } from '../../../domain/business-date';
import { dailyBatchId, dayPlan, type BuiltDay, type DailyBatchResult, type DayPlan } from '../../../domain/daily-batch';
import { completeCounts } from '../../../domain/day-manifest';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { runningActivities } from '../../../scripts/operate/follow';
import { background, daybreak, succeed, type BackgroundCommand, type Ended } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { expectedRows, fedDay, servedRows, ZONE } from './day-rows';
import { until } from '../support/until';

useStack();
const EVENTS = 2_000;
const date = shiftDate(businessDateOf(new Date(), ZONE), -1);
const sent = fedDay(date, EVENTS, 31);
const inKafka = sent.filter(({ kind, toKafka }) => kind !== 'bad' && toKafka).length;
const config = readConfig();
const { tasks, ...druid } = createDruidClient(config.druid);

let pipeline: OwnPipeline;
let plan: DayPlan;
let worker: BackgroundCommand;
let realtime: string[];
const fillers: string[] = [];

beforeAll(async () => {
  pipeline = await ownPipeline((yaml) => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0'));
  const loaded = await loadPipelineNamed(pipeline.environment['DAYBREAK_PIPELINES']!, pipeline.name);
  plan = dayPlan(loaded.pipeline, date);
  worker = await background('worker', pipeline.environment, '"msg":"ready"');
  await succeed(`speed start --pipeline ${pipeline.name}`, pipeline.environment);
  await succeed(`feed --pipeline ${pipeline.name} --date ${date} --events ${EVENTS} --seed 31`, pipeline.environment);
  await until('the day in realtime', async () => (await servedRows(pipeline.topic, date)).length === inKafka);
  realtime = await servedRows(pipeline.topic, date);
});

afterAll(() =>
  endAll(
    () => freeSlots(),
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

const isRunning = async (id: string): Promise<boolean> => (await tasks.status(id))?.runnerStatusCode === 'RUNNING';

/** Submits a task that only sleeps. */
async function filler(): Promise<string> {
  const id = `filler_${pipeline.topic}_${fillers.length}_${Date.now()}`;
  fillers.push(id);
  const task = { type: 'noop', id, dataSource: 'fillers', runTime: 600_000 };
  await tasks.submit(task);
  return id;
}

async function allSlotsTaken(): Promise<boolean> {
  const { used, total } = await tasks.slots();
  return used === total;
}

/** Fills every free slot of Druid's workers with such a task. */
async function fillSlots(): Promise<void> {
  await until('no free slot', async () => {
    if (await allSlotsTaken()) return true;
    const id = await filler();
    await until('a slot', async () => (await isRunning(id)) || (await allSlotsTaken()));
    // Realtime's next task may have taken the slot that was free a moment ago. A task too many would wait for ever.
    if (!(await isRunning(id))) await tasks.shutDown(id);
    return false;
  });
}

async function freeSlots(): Promise<void> {
  for (const id of fillers.splice(0)) await tasks.shutDown(id);
}

const run = (): Promise<Ended> =>
  daybreak(`batch run --pipeline ${pipeline.name} --date ${date} --json`, pipeline.environment);

/** The id of the run's task, once it waits for a slot. */
function pendingReindex(during: Promise<Ended>, datasource = pipeline.topic): Promise<string> {
  const pending = async (): Promise<string | undefined> => {
    const unfinished = await tasks.unfinished(datasource);
    const id = unfinished.map((task) => task.id).find((one) => one.startsWith('daybreak_'));
    return id !== undefined && (await tasks.status(id))?.runnerStatusCode === 'PENDING' ? id : undefined;
  };
  return until('a reindex that waits for a slot', pending, { during });
}

it('is not judged at the gate while realtime’s task has no slot and its rows are not to be seen', async () => {
  const [task] = await tasks.unfinished(pipeline.topic);
  await fillSlots();
  const next = await filler(); // The first in the queue for the slot that realtime's task leaves.
  await tasks.shutDown(task!.id);
  await until('the slot of realtime', () => isRunning(next));
  const gate = createGateActivities({
    druid: { tasks, ...druid },
    kafkaOfDruid: config.druid.kafka,
    pipelines: pipeline.environment['DAYBREAK_PIPELINES']!,
    data: pipeline.environment['DAYBREAK_DATA']!,
    inputSource: sharedPath,
  });
  const environment = new MockActivityEnvironment({ currentAttemptScheduledTimestampMs: Date.now() + 240_000 });
  const told: unknown[] = [];
  environment.on('heartbeat', (details) => told.push(details));
  const counts = completeCounts({ read: 0, kept: 0, duplicates: 0, quarantined: 0, outsideDay: 0 }, []);
  const nothing: BuiltDay = { folder: '', counts, missingHours: [], hours: [], sources: {} };
  const checked = environment.run(() => gate.checkGate(plan, nothing, { accept: [] }));
  const isWaiting = (): boolean => /realtime's task index_kafka_\S+ to answer/.test(told.join());
  await until('the wait for realtime', isWaiting, { during: checked });
  await freeSlots();
  const { refusals } = (await checked) as Awaited<ReturnType<typeof gate.checkGate>>;
  expect(refusals.map(({ code }) => code)).toContain('BATCH_SHORT');
});

it('stays as it was when its run is cancelled in the reindex, whose task ends', async () => {
  await until('the day in realtime', async () => (await servedRows(pipeline.topic, date)).length === inKafka);
  await fillSlots();
  await filler(); // First in the queue for the slot that realtime leaves at the seal; else the reindex may get it.
  const running = run();
  const id = await pendingReindex(running);
  await withClient(config, async (client) => {
    const handle = client.workflow.getHandle(dailyBatchId(pipeline.name, date));
    const waiting = `waiting for a free slot for task ${id}: Druid's workers run all`;
    const isWaiting = async (): Promise<boolean> =>
      (await runningActivities(handle)).some(({ details }) => String(details).startsWith(waiting));
    await until('the wait for a slot', isWaiting, { during: running });
    await handle.cancel();
  });
  const { code, stderr } = await running;
  expect(code).toBe(1);
  expect(stderr).toContain('CANCELLED');
  expect((await tasks.status(id))?.status).toBe('FAILED');
  const { stdout } = await daybreak(`status --pipeline ${pipeline.name} --json`, pipeline.environment);
  expect(JSON.parse(stdout)).toMatchObject({ days: [{ date, outcome: 'cancelled' }] });
  expect(await servedRows(pipeline.topic, date)).toEqual(realtime);
});

it('is replaced by the next run, which loses no slot to the cancelled one', async () => {
  await freeSlots();
  const { code, stdout, stderr } = await run();
  expect(code === 0 ? '' : stderr).toBe('');
  expect((JSON.parse(stdout) as DailyBatchResult).verdict).toBe('replaced');
  expect(await servedRows(pipeline.topic, date)).toEqual(expectedRows(sent));
});

// In UTC, because in other zones Druid 33 does not find the lock that it must revoke, and then the rival fails instead.
describe('a day whose lock a task of higher priority takes away', () => {
  // A date of its own: the day that is over in Seoul may not be over in UTC.
  const date = shiftDate(businessDateOf(new Date(), 'UTC'), -1);
  let utc: OwnPipeline;
  let own: BackgroundCommand;
  beforeAll(async () => {
    utc = await ownPipeline((yaml) =>
      yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0').replace(/^timeZone: .*$/m, 'timeZone: UTC'),
    );
    await mkdir(utc.input, { recursive: true });
    for (const hour of hoursOfDay(date, 'UTC')) {
      const record = { hello: 'hi', id: 1, time: `${date} ${hour}:30:00` };
      await writeFile(join(utc.input, `names.${date.replaceAll('-', '')}.${hour}.json`), `${JSON.stringify(record)}\n`);
    }
    await worker.stop(); // The workers of a machine share a port for their metrics.
    own = await background('worker --role batch', utc.environment, '"msg":"ready"');
  });
  afterAll(() =>
    endAll(
      () => freeSlots(),
      () => own.stop(),
      () => utc.remove(),
    ),
  );

  it('is sealed and loaded once more, by another task', async () => {
    const { start, end } = dayInterval(date, 'UTC');
    await fillSlots();
    const running = daybreak(`batch run --pipeline ${utc.name} --date ${date} --json`, utc.environment);
    const first = await pendingReindex(running, utc.topic);
    // It takes its locks as soon as it is accepted, and holds them while it waits for a slot.
    const id = `rival_${utc.topic}`;
    const rival = { type: 'kill', id, dataSource: utc.topic, interval: `${start}/${end}`, context: { priority: 80 } };
    await tasks.submit(rival);
    const hasLock = async (): Promise<boolean> =>
      (await tasks.activeLocks(utc.topic)).some(({ priority }) => priority === 80);
    await until('the lock of the rival', hasLock, { during: running });
    await tasks.shutDown(id);
    await freeSlots();
    const { code, stdout, stderr } = await running;
    expect(code === 0 ? '' : stderr).toBe('');
    expect((await tasks.status(first))?.status).toBe('FAILED');
    const { verdict, taskId, hours } = JSON.parse(stdout) as DailyBatchResult;
    expect({ verdict, taskId }).toEqual({ verdict: 'replaced', taskId: first.replace(/_1$/, '_2') });
    expect(hours.map(({ druidRows }) => druidRows)).toEqual(hours.map(() => 1));
  });
});
