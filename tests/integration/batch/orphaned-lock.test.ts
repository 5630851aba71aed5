import { createDruidClient, type ListedTask } from '../../../clients/druid';
import { businessDateOf, dayInterval, shiftDate } from '../../../domain/business-date';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { locksIn } from '../../../domain/druid/blocking-locks';
import { readConfig } from '../../../worker/config';
import { background, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { expectedRows, fedDay, servedRows, ZONE } from './day-rows';
import { until } from '../support/until';

useStack();
const EVENTS = 2_000;
const MOST_TASKS = 8;
const date = shiftDate(businessDateOf(new Date(), ZONE), -1);
const sent = fedDay(date, EVENTS, 21);
const inKafka = sent.filter(({ kind, toKafka }) => kind !== 'bad' && toKafka).length;
const { coordinatorUrl } = readConfig().druid;
const druid = createDruidClient(readConfig().druid);

let pipeline: OwnPipeline;
let worker: BackgroundCommand;

beforeAll(async () => {
  pipeline = await ownPipeline((yaml) => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0'));
  worker = await background('worker', pipeline.environment, '"msg":"ready"');
  await succeed(`speed start --pipeline ${pipeline.name}`, pipeline.environment);
  await succeed(`feed --pipeline ${pipeline.name} --date ${date} --events ${EVENTS} --seed 21`, pipeline.environment);
  await until('the day in realtime', async () => (await servedRows(pipeline.topic, date)).length === inKafka);
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

/**
 * Ends a realtime task while it asks for segments all the time. Druid 33 checks whether a task is active before it
 * waits for the lockbox that is removing the task. So the dead task may be granted one more lock.
 */
async function endWhileAsking(task: ListedTask): Promise<void> {
  // As text, because a payload has 64-bit numbers, which JSON.parse changes.
  const stored = await (await fetch(`${coordinatorUrl}/druid/indexer/v1/task/${task.id}`)).text();
  const payload = stored.slice(stored.indexOf('"payload":') + '"payload":'.length, -1);
  const ask = (hour: number, sequenceName: string): Promise<unknown> => {
    const action = {
      type: 'segmentAllocate',
      dataSource: pipeline.topic,
      timestamp: new Date(Date.parse(dayInterval(date, ZONE).start) + hour * 3_600_000).toISOString(),
      queryGranularity: { type: 'none' },
      preferredSegmentGranularity: { type: 'period', period: 'PT1H', timeZone: ZONE },
      sequenceName,
      skipSegmentLineageCheck: true,
      lockGranularity: 'TIME_CHUNK',
      taskLockType: 'EXCLUSIVE',
    };
    const body = `{"task":${payload},"action":${JSON.stringify(action)}}`;
    const headers = { 'content-type': 'application/json' };
    return fetch(`${coordinatorUrl}/druid/indexer/v1/action`, { method: 'POST', headers, body });
  };
  let over = false;
  const asking = Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      for (let turn = 0; !over; turn += 1) await ask((index + 12 * turn) % 24, `test_${index}_${turn}`);
    }),
  );
  const ending = async (): Promise<void> => {
    await druid.tasks.shutDown(task.id);
    await until('the end of the task', async () => (await druid.tasks.status(task.id))?.status === 'FAILED');
  };
  await Promise.all([
    asking,
    ending().finally(() => {
      over = true;
    }),
  ]);
}

/** Ends one realtime task after another until a dead task has a lock, which is chance. */
async function orphanLock(): Promise<void> {
  const ended = new Set<string>();
  while (ended.size < MOST_TASKS) {
    const task = await until('another realtime task', async () =>
      (await druid.tasks.unfinished(pipeline.topic)).find(({ id }) => !ended.has(id)),
    );
    await endWhileAsking(task);
    ended.add(task.id);
    // The task's successor reads the day again.
    await until('the day in realtime again', async () => (await servedRows(pipeline.topic, date)).length === inKafka);
    if (locksIn(await druid.tasks.locksOf(task), dayInterval(date, ZONE)).length > 0) return;
  }
  throw new Error(`none of ${MOST_TASKS} realtime tasks was granted a lock at its end`);
}

it('replaces a day although Druid gave a dead realtime task a lock in it that nobody releases', async () => {
  const day = dayInterval(date, ZONE);
  await orphanLock();
  const run = `batch run --pipeline ${pipeline.name} --date ${date} --json`;
  const result = JSON.parse(await succeed(run, pipeline.environment)) as DailyBatchResult;
  expect(result.verdict).toBe('replaced');
  expect(await servedRows(pipeline.topic, date)).toEqual(expectedRows(sent));
  expect(locksIn(await druid.tasks.activeLocks(pipeline.topic), day)).toEqual([]);
});
