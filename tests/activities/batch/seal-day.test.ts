import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createSealActivities } from '../../../activities/batch/seal-day';
import type { DruidClient } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import { dayPlan } from '../../../domain/daily-batch';
import { loadPipeline } from '../../../engines/load-pipeline';

const date = parseBusinessDate('2026-11-21');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Druid after its overlord died between the seal and the hand-off: `task` reads on until the next submission. */
function druidWith(task: 'ACTIVE' | 'PUBLISHING') {
  let stored: object | undefined;
  let submissions = 0;
  const holds = (): boolean => submissions < 2;
  const [start, end] = ['2026-11-20T15:00:00.000Z', '2026-11-20T16:00:00.000Z'];
  const druid = {
    supervisors: {
      find: () => Promise.resolve(stored),
      last: () => Promise.resolve(stored),
      seals: () => Promise.resolve([]),
      submit: (spec: object) => {
        submissions += 1;
        stored = spec;
        return Promise.resolve();
      },
      status: () => Promise.resolve({ activeTasks: task === 'ACTIVE' && holds() ? [{ id: 'task' }] : [] }),
    },
    tasks: {
      activeLocks: () =>
        Promise.resolve(
          holds() ? [{ groupId: 'tasks', interval: `${start}/${end}`, version: start, priority: 75 }] : [],
        ),
      unfinished: () => Promise.resolve([{ id: 'task', groupId: 'tasks' }]),
      over: () => Promise.resolve([]),
      takesFrom: () => Promise.resolve(start),
    },
  };
  return { druid: druid as unknown as DruidClient, submissions: () => submissions };
}

afterEach(() => jest.restoreAllMocks());

async function seal(task: 'ACTIVE' | 'PUBLISHING', pipelines = 'pipelines') {
  const { pipeline } = await loadPipeline('pipelines/events');
  const { druid, submissions } = druidWith(task);
  const activities = createSealActivities({
    ...{ druid, kafkaOfDruid: { brokers: ['kafka:9092'] }, pipelines, data: '' },
    inputSource: () => ({}) as never,
  });
  const environment = new MockActivityEnvironment();
  const told: string[] = [];
  environment.on('heartbeat', (details) => told.push(String(details)));
  const sealed = environment.run(() => activities.sealDay(dayPlan(pipeline, date)));
  const waits = async (): Promise<void> => {
    const before = told.length;
    while (told.length < before + 2) await new Promise((looked) => setTimeout(looked, 50));
  };
  await waits();
  // A minute passes, in which somebody sets the clock back by an hour.
  const [began, clock] = [performance.now(), Date.now()];
  jest.spyOn(performance, 'now').mockImplementation(() => began + MINUTE);
  jest.spyOn(Date, 'now').mockImplementation(() => clock + MINUTE - HOUR);
  return { sealed, submissions, waits, environment };
}

it('seals again where a task of the day has not heard of the seal', async () => {
  const { sealed, submissions } = await seal('ACTIVE');
  expect(await sealed).toEqual({ sealedUntil: '2026-11-21T15:00:00.000Z' });
  expect(submissions()).toBe(2);
});

it('leaves a task alone that hands off, however long that takes', async () => {
  const { sealed, submissions, waits, environment } = await seal('PUBLISHING');
  await waits();
  expect(submissions()).toBe(1);
  environment.cancel();
  await expect(sealed).rejects.toThrow();
});

it('loads the pipeline once: an edit that breaks it does not end a wait that is under way', async () => {
  const pipelines = await mkdtemp(join(tmpdir(), 'daybreak-seal-'));
  await cp('pipelines/events', join(pipelines, 'events'), { recursive: true });
  const { sealed } = await seal('ACTIVE', pipelines);
  await rm(pipelines, { recursive: true });
  expect(await sealed).toEqual({ sealedUntil: '2026-11-21T15:00:00.000Z' });
});

it('needs no table: one that is broken after the build does not leave a sealed day without its batch', async () => {
  const pipelines = await mkdtemp(join(tmpdir(), 'daybreak-seal-'));
  await cp('pipelines/events', join(pipelines, 'events'), { recursive: true });
  await rm(join(pipelines, 'events', 'names.ndjson'));
  const { sealed } = await seal('ACTIVE', pipelines);
  expect(await sealed).toEqual({ sealedUntil: '2026-11-21T15:00:00.000Z' });
  await rm(pipelines, { recursive: true });
});
