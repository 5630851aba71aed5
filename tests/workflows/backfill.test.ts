import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { createOperateActivities, type OperateActivities } from '../../activities/operate';
import { backfillId, type BackfillInput, type BackfillProgress } from '../../domain/backfill';
import { parseBusinessDate, shiftDate, type BusinessDate } from '../../domain/business-date';
import { dailyBatchId } from '../../domain/daily-batch';
import type { RunMemo } from '../../domain/run-memo';
import { startedByHand } from '../../scripts/operate/started-by-hand';
import type { backfill } from '../../workflows';
import { BUILT, dayActivities } from './day-activities';
import { failureOf, Held, shownOf, until, useTemporal } from './environment';
import { encrypted, encryptingWorker, keysOfMemo } from './encrypted';
import { NO_WEBHOOKS } from '../activities/operate/no-webhooks';

const temporal = useTemporal();

function start(input: Omit<BackfillInput, 'pipeline'>, options: { readonly memo?: RunMemo } = {}) {
  return temporal.client.workflow.start<typeof backfill>('backfill', {
    taskQueue: temporal.taskQueue,
    workflowId: backfillId('events', input.from, input.to),
    args: [{ pipeline: 'events', ...input }],
    ...options,
  });
}

function datesOf({ from, to }: { readonly from: string; readonly to: string }): BusinessDate[] {
  const dates: BusinessDate[] = [];
  for (let date = parseBusinessDate(from); date <= to; date = shiftDate(date, 1)) dates.push(date);
  return dates;
}

const selectBackfillDays: OperateActivities['selectBackfillDays'] = (input) => Promise.resolve(datesOf(input));
const dayOf = (date: string) => temporal.client.workflow.getHandle(dailyBatchId('events', date));

it('runs days as children, names who started them, and fails at its end with each day that failed', async () => {
  const { activities } = dayActivities({
    buildDay: ({ date }) =>
      date === '2026-01-02'
        ? Promise.reject(
            ApplicationFailure.nonRetryable(`an odd record. ${'Look at it. '.repeat(30)}`, 'ENGINE_FAILED'),
          )
        : Promise.resolve({ ...BUILT, folder: date }),
  });
  await temporal.serve({ ...activities, selectBackfillDays }, async () => {
    const handle = await start({ from: '2026-01-01', to: '2026-01-04', only: 'all' });
    // The result may hold thousands of reasons.
    const reason = `an odd record. ${'Look at it. '.repeat(23)}…`;
    const failed = [{ date: '2026-01-02', outcome: 'failed:ENGINE_FAILED', reason }];
    expect(await failureOf(handle)).toMatchObject({
      type: 'DAYS_FAILED',
      details: [{ requested: 4, completed: 4, replaced: 3, running: [], failed }],
    });
    const shown = await shownOf(handle);
    expect(shown.outcome).toBe('failed:DAYS_FAILED');
    expect(shown.details).toContain(`| 2026-01-02 | failed:ENGINE_FAILED | ${reason} |`);
    expect((await shownOf(dayOf('2026-01-03'))).memo).toEqual({ trigger: 'backfill', startedBy: handle.workflowId });
  });
});

it('tries the selection again, tells its progress meanwhile, and runs no more days at once than it was told', async () => {
  const held = new Held();
  let tries = 0;
  const { activities } = dayActivities({
    async buildDay() {
      await held.wait();
      return BUILT;
    },
  });
  const flaky: OperateActivities['selectBackfillDays'] = (input) =>
    (tries += 1) === 1 ? Promise.reject(new Error('a disk is away')) : selectBackfillDays(input);
  await temporal.serve({ ...activities, selectBackfillDays: flaky }, async () => {
    const handle = await start({ from: '2026-02-01', to: '2026-02-05', only: 'all', parallel: 2 });
    const progress = (): Promise<BackfillProgress> => handle.query<BackfillProgress>('progress');
    expect(await progress()).toMatchObject({ pipeline: 'events', completed: 0, running: [] });
    await held.reached(2);
    expect(await progress()).toMatchObject({ requested: 5, completed: 0, running: ['2026-02-01', '2026-02-02'] });
    expect((await shownOf(handle)).details).toContain('running: 2026-02-01, 2026-02-02');
    held.release();
    expect(await handle.result()).toMatchObject({ requested: 5, completed: 5, replaced: 5 });
    expect(held.arrived).toBe(10); // Each day is built, and built again after it is sealed.
  });
});

it('goes on where it was when it continues as new', async () => {
  const { activities, calls } = dayActivities();
  await temporal.serve({ ...activities, selectBackfillDays }, async () => {
    const handle = await start({ from: '2026-03-01', to: '2026-03-07', only: 'all', daysPerRun: 3 });
    const result = await handle.result();
    expect(result).toMatchObject({ requested: 7, completed: 7, replaced: 7 });
    expect(result.days.map(({ date }) => date)).toEqual(datesOf({ from: '2026-03-01', to: '2026-03-07' }));
    expect(calls.filter((name) => name === 'planDay')).toHaveLength(7);
    const last = await temporal.client.workflow.getHandle(handle.workflowId).describe();
    expect(last.runId).not.toBe(handle.firstExecutionRunId);
  });
});

it('carries its memo over in the key that its worker has now', async () => {
  const { activities } = dayActivities();
  const memo = startedByHand('by hand', { parallel: 2 });
  const work = async (): Promise<void> => {
    const handle = await start({ from: '2026-03-11', to: '2026-03-12', only: 'all', daysPerRun: 1 }, { memo });
    await encrypted(temporal).workflow.getHandle(handle.workflowId).result();
    const last = await encrypted(temporal).workflow.getHandle(handle.workflowId).describe();
    expect(last.runId).not.toBe(handle.firstExecutionRunId);
    expect(last.memo).toEqual(memo);
    expect(keysOfMemo(last)).toEqual(new Set(['now']));
  };
  await temporal.serve({ ...activities, selectBackfillDays }, work, encryptingWorker);
});

it('takes no slot of the worker while it waits for days that somebody else runs', async () => {
  const held = new Held();
  const { activities } = dayActivities({
    async checkGate() {
      await held.wait();
      return { realtime: [], refusals: [], accepted: [] };
    },
  });
  const real = createOperateActivities({ ...NO_WEBHOOKS, pipelines: '', data: '' });
  const joinDay: OperateActivities['joinDay'] = (day) => real.joinDay(day);
  const range = { from: '2026-06-01', to: '2026-06-02' };
  await temporal.serve(
    { ...activities, joinDay },
    async () => {
      const byHand = await Promise.all(
        datesOf(range).map((date) =>
          temporal.client.workflow.start('dailyBatch', {
            taskQueue: temporal.taskQueue,
            workflowId: dailyBatchId('events', date),
            args: [{ pipeline: 'events', date }],
          }),
        ),
      );
      await held.reached(2);
      const handle = await start({ ...range, continued: { requested: datesOf(range), outcomes: [] } });
      // The backfill waits for both days. They need the worker's slots for their next steps.
      await until(async () => {
        const { raw } = await handle.describe();
        return (
          (raw.pendingActivities ?? []).filter(({ activityType }) => activityType?.name === 'joinDay').length === 2
        );
      });
      held.release();
      expect(await handle.result()).toMatchObject({
        days: datesOf(range).map((date) => ({ date, outcome: 'replaced', joined: true })),
      });
      await Promise.all(byHand.map((one) => one.result()));
    },
    { maxConcurrentActivityTaskExecutions: 2 },
  );
});

it('takes a join that gives up for that day’s outcome, and goes on with the others', async () => {
  const held = new Held();
  const range = { from: '2026-07-01', to: '2026-07-05' };
  const { activities } = dayActivities({
    async checkGate({ date }) {
      if (date === '2026-07-02') await held.wait();
      return { realtime: [], refusals: [], accepted: [] };
    },
  });
  const joinDay = () => Promise.reject(ApplicationFailure.nonRetryable('no such run', 'TEMPORAL_UNREACHABLE'));
  await temporal.serve({ ...activities, selectBackfillDays, joinDay }, async () => {
    const byHand = await temporal.client.workflow.start('dailyBatch', {
      taskQueue: temporal.taskQueue,
      workflowId: dailyBatchId('events', '2026-07-02'),
      args: [{ pipeline: 'events', date: '2026-07-02' }],
    });
    await held.reached();
    const handle = await start({ ...range, only: 'all', parallel: 1 });
    expect(await failureOf(handle)).toMatchObject({
      type: 'DAYS_FAILED',
      details: [
        {
          ...{ requested: 5, completed: 5, replaced: 4 },
          failed: [
            {
              ...{ date: '2026-07-02', outcome: 'failed:TEMPORAL_UNREACHABLE', joined: true },
              reason: 'the run that was under way could not be waited for: no such run',
            },
          ],
        },
      ],
    });
    expect(await shownOf(handle)).toMatchObject({ status: 'FAILED', outcome: 'failed:DAYS_FAILED' });
    held.release();
    await byHand.result();
  });
});

it('says in its outcome that the selection failed', async () => {
  const { activities } = dayActivities();
  const broken = () => Promise.reject(ApplicationFailure.nonRetryable('a typo', 'BAD_PIPELINE'));
  await temporal.serve({ ...activities, selectBackfillDays: broken }, async () => {
    const handle = await start({ from: '2026-09-01', to: '2026-09-02' });
    await failureOf(handle);
    expect(await shownOf(handle)).toMatchObject({ status: 'FAILED', outcome: 'failed:BAD_PIPELINE' });
  });
});

it('ends its days’ activities and what they left in Druid before it is cancelled itself, and starts no other', async () => {
  const held = new Held();
  const { activities, calls } = dayActivities({
    async reindexDay() {
      await held.wait();
      return { taskId: '', createdTime: '' };
    },
  });
  await temporal.serve({ ...activities, selectBackfillDays }, async () => {
    const handle = await start({ from: '2026-04-01', to: '2026-04-09', only: 'all', parallel: 3 });
    await held.reached(3);
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    expect(await shownOf(handle)).toMatchObject({ status: 'CANCELLED', outcome: 'cancelled' });
    for (const date of ['2026-04-01', '2026-04-02', '2026-04-03']) {
      expect(await shownOf(dayOf(date))).toMatchObject({ status: 'CANCELLED', outcome: 'cancelled' });
    }
    expect(calls.filter((name) => name === 'planDay')).toHaveLength(3);
    // Before the reindex of each day, and after its cancellation.
    expect(calls.filter((name) => name === 'endReindexTasks')).toHaveLength(6);
    expect(calls.slice(-3)).toEqual(['endReindexTasks', 'endReindexTasks', 'endReindexTasks']);
  });
});

it.each([
  { parallel: 1_000_000_000 },
  { parallel: 0 },
  { parallel: 1.5 },
  { daysPerRun: 0 },
  { daysPerRun: Number.MAX_SAFE_INTEGER },
])('refuses %j instead of going on for ever', async (numbers) => {
  const { activities } = dayActivities();
  await temporal.serve({ ...activities, selectBackfillDays }, async () => {
    const handle = await start({ from: '2026-08-01', to: '2026-08-02', ...numbers });
    const failure = await failureOf(handle);
    expect(failure).toMatchObject({ type: 'WRONG_USAGE', message: expect.stringContaining('from 1 to') as string });
  });
});
