import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createBuildActivities } from '../../../activities/batch/build-day';
import { createDruidClient } from '../../../clients/druid';
import type { DayPlan } from '../../../domain/daily-batch';
import { pipelineLike, scratchFolder } from '../../engines/scratch';

const nowhere = 'http://127.0.0.1:1';

let environment: MockActivityEnvironment;
beforeEach(() => {
  environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
});

/** The example pipeline `events`, whose days are those of Asia/Seoul. */
function planDay(date: string, clock: () => Date, { pipelines = 'pipelines', ...input } = {}): Promise<DayPlan> {
  const activities = createBuildActivities({
    druid: createDruidClient({ coordinatorUrl: nowhere, brokerUrl: nowhere }),
    kafkaOfDruid: { brokers: [] },
    pipelines,
    data: '/nowhere',
    inputSource: () => ({ type: 'local', files: [] }),
    now: clock,
  });
  return environment.run(() => activities.planDay({ pipeline: 'events', date, ...input }));
}

const scratch = scratchFolder();
const EVENING = new Date('2026-11-26T11:16:00Z'); // 20:16 in Seoul.

it.each([
  ['today', '2026-11-26'],
  ['tomorrow', '2026-11-27'],
  ['a day of another century', '2126-11-26'],
])('refuses %s, whoever started the run', async (_, date) => {
  await expect(planDay(date, () => EVENING)).rejects.toMatchObject({
    code: 'BAD_DATE',
    what: `${date} is not over yet in Asia/Seoul, where it is 2026-11-26`,
    remedy: 'Give a day that is over, up to 2026-11-25.',
  });
});

it('plans the day before', async () => {
  expect((await planDay('2026-11-25', () => EVENING)).interval.end).toBe('2026-11-25T15:00:00.000Z');
});

it('waits for a clock that is a little behind Temporal’s, as where nights are due at 00:00', async () => {
  const end = new Date('2026-11-26T15:00:00Z').getTime();
  const began = Date.now();
  // The timers run a tenth too fast.
  const clock = (): Date => new Date(end - 300 + Math.floor((Date.now() - began) * 0.9));
  expect((await planDay('2026-11-26', clock)).date).toBe('2026-11-26');
  expect(clock().getTime()).toBeGreaterThanOrEqual(end);
});

it('sends heartbeats and ends with a cancellation, however long it takes', async () => {
  const heartbeats: unknown[] = [];
  const behind = new Date('2026-11-26T15:00:00Z').getTime() - Date.now() - 2_500;
  const planned = planDay('2026-11-26', () => new Date(Date.now() + behind));
  environment.on('heartbeat', (details) => {
    heartbeats.push(details);
    environment.cancel();
  });
  await expect(planned).rejects.toBeInstanceOf(CancelledFailure);
  expect(heartbeats).toEqual(['loading the pipeline']);
});

it('needs the tables of a day that is built, and not of one that is restored', async () => {
  await rm(join(await pipelineLike('events', scratch), 'names.ndjson'));
  const plan = (input: object) => planDay('2026-11-25', () => EVENING, { pipelines: scratch, ...input });
  await expect(plan({})).rejects.toMatchObject({ code: 'BAD_TABLE' });
  expect(await plan({ restore: 'previous' })).toMatchObject({ date: '2026-11-25' });
});
