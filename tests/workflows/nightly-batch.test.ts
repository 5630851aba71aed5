import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { backfillId } from '../../domain/backfill';
import { parseBusinessDate } from '../../domain/business-date';
import { dailyBatchId } from '../../domain/daily-batch';
import { TASK_QUEUES } from '../../domain/task-queues';
import { readConfig } from '../../worker/config';
import { createOperateActivities, type OperateActivities } from '../../activities/operate';
import { NO_WEBHOOKS } from '../activities/operate/no-webhooks';
import type { Notice } from '../../domain/notice';
import type { backfill, nightlyBatch } from '../../workflows';
import { BUILT, dayActivities } from './day-activities';
import { failureOf, Held, shownOf, until, useTemporal } from './environment';

const temporal = useTemporal();
const INPUT = { pipeline: 'events', timeZone: 'Asia/Seoul' };
/** The day before the start of a run without a schedule. */
const yesterday = (): string => new Date(Date.now() + 9 * 3_600_000 - 86_400_000).toISOString().slice(0, 10);

let number = 0;
function start(input = INPUT, taskQueue = temporal.taskQueue) {
  number += 1;
  return temporal.client.workflow.start<typeof nightlyBatch>('nightlyBatch', {
    taskQueue,
    workflowId: `nightly-batch/${number}`,
    args: [input],
  });
}

it('recomputes the day before the one in which it was due, however late it begins', async () => {
  const { activities } = dayActivities();
  await temporal.serve(activities, async () => {
    const schedule = await temporal.client.schedule.create({
      scheduleId: 'nightly/events',
      spec: { calendars: [{ hour: 0, minute: 30 }], timezone: 'Asia/Seoul' },
      action: {
        type: 'startWorkflow',
        workflowType: 'nightlyBatch',
        workflowId: 'nightly-batch/events',
        taskQueue: temporal.taskQueue,
        args: [INPUT],
      },
      state: { paused: true },
    });
    await schedule.backfill({
      start: new Date('2026-03-01T00:00:00+09:00'),
      end: new Date('2026-03-02T00:00:00+09:00'),
      overlap: ScheduleOverlapPolicy.ALLOW_ALL,
    });
    const day = temporal.client.workflow.getHandle(dailyBatchId('events', '2026-02-28'));
    await until(async () => {
      const { info } = await schedule.describe();
      return info.recentActions.length === 1;
    });
    const [{ action } = {}] = (await schedule.describe()).info.recentActions;
    const { workflowId = '' } = action?.workflow ?? {};
    expect(await temporal.client.workflow.result(workflowId)).toEqual({ date: '2026-02-28', outcome: 'replaced' });
    expect(await shownOf(day)).toMatchObject({
      outcome: 'replaced',
      memo: { trigger: 'nightly', startedBy: workflowId },
    });
  });
});

it('replaces its day while the days of a backfill hold all slots of their queue', async () => {
  const held = new Held();
  const [from, to] = ['2026-01-01', '2026-01-06'];
  const { activities } = dayActivities({
    async buildDay({ date }) {
      if (date <= to) await held.wait();
      return BUILT;
    },
  });
  const selectBackfillDays: OperateActivities['selectBackfillDays'] = () =>
    Promise.resolve([1, 2, 3, 4, 5, 6].map((day) => parseBusinessDate(`2026-01-0${day}`)));
  await temporal.serveLayer('batch', { ...activities, selectBackfillDays }, async () => {
    const days = await temporal.client.workflow.start<typeof backfill>('backfill', {
      taskQueue: TASK_QUEUES.backfill,
      workflowId: backfillId('events', from, to),
      args: [{ pipeline: 'events', from, to, only: 'all', parallel: 6 }],
    });
    const { worker } = readConfig({});
    await held.reached(worker.slots.backfill);
    const night = await start(INPUT, TASK_QUEUES.batch);
    expect(await night.result()).toEqual({ date: yesterday(), outcome: 'replaced' });
    expect(held.arrived).toBe(worker.slots.backfill);
    held.release();
    expect(await days.result()).toMatchObject({ completed: 6, replaced: 6 });
  });
});

it('fails with the code of its day, and shows it with the reason, whose remedy comes last', async () => {
  const reason = `the batch has no row at all. ${'Check a folder. '.repeat(20)}Then accept EMPTY_DAY.`;
  const refusal = { code: 'EMPTY_DAY', reason, figures: { rows: 0 } } as const;
  const { activities } = dayActivities({
    checkGate: () => Promise.resolve({ realtime: [], refusals: [refusal], accepted: [] }),
  });
  const told: Notice[] = [];
  await temporal.serve(
    { ...activities, notify: (notice: Notice) => Promise.resolve(void told.push(notice)) },
    async () => {
      const handle = await start();
      expect(await failureOf(handle)).toMatchObject({ type: 'EMPTY_DAY' });
      const shown = await shownOf(handle);
      expect(shown).toMatchObject({ outcome: 'refused:EMPTY_DAY', date: yesterday() });
      expect(shown.details).toContain(reason);
      const day = `daily-batch%2Fevents%2F${yesterday()}`;
      expect(shown.details).toContain(`](/namespaces/default/workflows/${day})`);
      expect(told).toEqual([
        {
          ...{ kind: 'refused', pipeline: 'events', date: yesterday(), outcome: 'refused:EMPTY_DAY' },
          reason: expect.stringContaining(reason) as string,
        },
      ]);
    },
  );
});

it('has its day’s outcome although nobody can be told, and tells nobody of a day that succeeded', async () => {
  let tries = 0;
  const notify = () => {
    tries += 1;
    throw ApplicationFailure.nonRetryable('the address is wrong', 'WEBHOOK_REFUSED');
  };
  const { activities } = dayActivities();
  await temporal.serve({ ...activities, notify }, async () => {
    expect(await (await start()).result()).toMatchObject({ outcome: 'replaced' });
    expect(tries).toBe(0);
  });
  const buildDay = () => Promise.reject(ApplicationFailure.nonRetryable('the disk is full', 'OUTPUT_FAILED'));
  await temporal.serve({ ...dayActivities({ buildDay }).activities, notify }, async () => {
    expect(await failureOf(await start())).toMatchObject({ type: 'OUTPUT_FAILED' });
    expect(tries).toBe(1);
  });
});

it('waits for a run of its day that is under way, trying again where the look fails, instead of another', async () => {
  const held = new Held();
  const { activities, calls } = dayActivities({
    async buildDay() {
      await held.wait();
      throw ApplicationFailure.nonRetryable('full', 'OUTPUT_FAILED');
    },
  });
  let looks = 0;
  const joinDay: OperateActivities['joinDay'] = ({ date }) =>
    (looks += 1) === 1
      ? Promise.reject(new Error('Temporal was away'))
      : Promise.resolve({ date, outcome: 'replaced', joined: true });
  await temporal.serve({ ...activities, joinDay }, async () => {
    const byHand = await temporal.client.workflow.start('dailyBatch', {
      taskQueue: temporal.taskQueue,
      workflowId: dailyBatchId('events', yesterday()),
      args: [{ pipeline: 'events', date: yesterday() }],
    });
    await held.reached();
    expect(await (await start()).result()).toEqual({ date: yesterday(), outcome: 'replaced', joined: true });
    expect(looks).toBe(2);
    expect(calls.filter((name) => name === 'planDay')).toHaveLength(1);
    held.release();
    expect((await failureOf(byHand)).cause).toMatchObject({ type: 'OUTPUT_FAILED' });
  });
});

it('tells why a run failed that somebody else had started', async () => {
  const held = new Held();
  const { activities } = dayActivities({
    async buildDay() {
      await held.wait();
      throw ApplicationFailure.nonRetryable('the disk is full. Free space there.', 'OUTPUT_FAILED');
    },
  });
  const told: Notice[] = [];
  const notify = (notice: Notice): Promise<void> => Promise.resolve(void told.push(notice));
  const real = createOperateActivities({ ...NO_WEBHOOKS, pipelines: '', data: '' });
  const joinDay: OperateActivities['joinDay'] = (day) => real.joinDay(day);
  await temporal.serve({ ...activities, joinDay, notify }, async () => {
    await temporal.client.workflow.start('dailyBatch', {
      taskQueue: temporal.taskQueue,
      workflowId: dailyBatchId('events', yesterday()),
      args: [{ pipeline: 'events', date: yesterday() }],
    });
    await held.reached();
    const handle = await start();
    await until(async () => {
      const { raw } = await handle.describe();
      return (raw.pendingActivities ?? []).some(({ activityType }) => activityType?.name === 'joinDay');
    });
    held.release();
    expect(await failureOf(handle)).toMatchObject({ type: 'OUTPUT_FAILED' });
    const reason = 'the disk is full. Free space there.';
    expect(told).toMatchObject([{ kind: 'failed', outcome: 'failed:OUTPUT_FAILED', reason }]);
  });
});

it('tells that somebody terminated its day', async () => {
  const held = new Held();
  const { activities } = dayActivities({ buildDay: () => held.wait().then(() => BUILT) });
  const told: Notice[] = [];
  const notify = (notice: Notice): Promise<void> => Promise.resolve(void told.push(notice));
  await temporal.serve({ ...activities, notify }, async () => {
    const handle = await start();
    await held.reached();
    await temporal.client.workflow.getHandle(dailyBatchId('events', yesterday())).terminate();
    expect(await failureOf(handle)).toMatchObject({ type: 'TERMINATED' });
    held.release();
    const reason = expect.stringContaining('Run the day again') as string;
    expect(told).toMatchObject([{ kind: 'failed', outcome: 'failed:TERMINATED', reason }]);
  });
});

it('ends its day before it is cancelled itself', async () => {
  const held = new Held();
  const { activities, calls } = dayActivities({
    async reindexDay() {
      await held.wait();
      return { taskId: '', createdTime: '' };
    },
  });
  await temporal.serve(activities, async () => {
    const handle = await start();
    await held.reached();
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    expect(calls.at(-1)).toBe('endReindexTasks');
    const day = temporal.client.workflow.getHandle(dailyBatchId('events', yesterday()));
    expect(await shownOf(day)).toMatchObject({ status: 'CANCELLED', outcome: 'cancelled' });
  });
});

it('refuses a time zone that is none instead of trying for ever', async () => {
  const { activities } = dayActivities();
  await temporal.serve(activities, async () => {
    const failure = await failureOf(await start({ ...INPUT, timeZone: 'Mars/Olympus' }));
    expect(failure).toMatchObject({ type: 'WRONG_USAGE', message: 'Mars/Olympus is no time zone' });
  });
});
