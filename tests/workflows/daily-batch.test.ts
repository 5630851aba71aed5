import { CancelledFailure, ApplicationFailure } from '@temporalio/common';
import {
  dailyBatchId,
  type DailyBatchInput,
  type DailyBatchResult,
  type DailyBatchStep,
} from '../../domain/daily-batch';
import type { BatchActivities } from '../../activities';
import { lastRuns } from '../../activities/operate/day-runs';
import type { dailyBatch } from '../../workflows';
import { BUILT, dayActivities } from './day-activities';
import { failureOf, Held, shownOf, until, useTemporal } from './environment';

const temporal = useTemporal();
const WHOLE_DAY = [
  ...['planDay', 'awaitSettledInput', 'buildDay', 'checkGate', 'endReindexTasks', 'sealDay', 'buildDay', 'reindexDay'],
  ...['proveDay', 'storeReconciliation'],
];
/** The activities that change what serves a day. */
const TOUCHES = ['sealDay', 'reindexDay', 'storeReconciliation'];

let day = 0;
function start(options: Partial<DailyBatchInput> = {}) {
  day += 1;
  const date = `2026-10-${String(day).padStart(2, '0')}`;
  return temporal.client.workflow.start<typeof dailyBatch>('dailyBatch', {
    taskQueue: temporal.taskQueue,
    workflowId: dailyBatchId('events', date),
    args: [{ pipeline: 'events', date, ...options }],
  });
}

const fail = (type: string, nonRetryable = false): Promise<never> =>
  Promise.reject(ApplicationFailure.create({ type, message: `${type} happened`, nonRetryable }));
const refusal = (code: 'NOT_SETTLED' | 'MISSING_HOURS') => ({ code, reason: `${code} it is.`, figures: {} });

it('takes a day step by step, and leaves its verdict, its table and each step’s summary in Temporal', async () => {
  const { calls, activities } = dayActivities();
  await temporal.serve(activities, async () => {
    const handle = await start();
    const result: DailyBatchResult = await handle.result();
    expect(result).toMatchObject({ verdict: 'replaced', sealedUntil: '2026-11-21T15:00:00.000Z', taskId: 'task_1' });
    expect(result.hours).toMatchObject([{ hour: '07', realtimeRows: 3, written: 2, druidRows: 2, equal: true }]);
    expect(calls).toEqual(WHOLE_DAY);
    const shown = await shownOf(handle);
    expect(shown).toMatchObject({ status: 'COMPLETED', outcome: 'replaced', date: result.date });
    expect(shown.details).toContain('| hour | before | distinct | read |');
    const { events } = await handle.fetchHistory();
    const scheduled = (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes);
    expect(scheduled.map(({ userMetadata }) => String(userMetadata?.summary?.data))).toContain(
      '"compare the batch with what realtime serves"',
    );
    expect(scheduled.filter(({ userMetadata }) => !userMetadata?.summary)).toEqual([]);
  });
});

it('keeps in the day’s result and details that the gate saw only a part of realtime, and what it waited for', async () => {
  const realtimeUnseen = '1 segment of the day to be served';
  const { activities } = dayActivities({
    checkGate: () => Promise.resolve({ realtime: [], refusals: [], accepted: [], realtimeUnseen }),
  });
  await temporal.serve(activities, async () => {
    const handle = await start();
    expect(await handle.result()).toMatchObject({ verdict: 'replaced', realtimeUnseen });
    expect((await shownOf(handle)).details).toContain(`the gate waited in vain for ${realtimeUnseen}`);
  });
});

it('says of a day without rows that no segment serves it', async () => {
  const { activities } = dayActivities({ proveDay: () => Promise.resolve({ version: '', segments: 0, hours: [] }) });
  await temporal.serve(activities, async () => {
    const handle = await start();
    expect(await handle.result()).toMatchObject({ verdict: 'replaced', version: '', segments: 0 });
    expect((await shownOf(handle)).details).toContain('; no segment, task task_1');
  });
});

it('learns within a minute of a worker that died, at whatever step, and gives each step hours', async () => {
  await temporal.serve(dayActivities().activities, async () => {
    for (const options of [{}, { restore: 'previous' }]) {
      const handle = await start(options);
      await handle.result();
      const { events } = await handle.fetchHistory();
      const scheduled = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
      const unheard = scheduled.map(({ activityType, heartbeatTimeout, startToCloseTimeout }) => {
        const heartbeat = Number(heartbeatTimeout?.seconds ?? 0);
        return { step: activityType?.name, seconds: heartbeat > 0 ? heartbeat : Number(startToCloseTimeout?.seconds) };
      });
      expect(unheard.length).toBeGreaterThan(5);
      expect(unheard.filter(({ seconds }) => seconds > 60)).toEqual([]);
      expect(scheduled.filter((step) => Number(step.startToCloseTimeout?.seconds) < 3_600)).toEqual([]);
    }
  });
});

it('tells at which step it is, to the query and in its details', async () => {
  const [gate, reindex] = [new Held(), new Held()];
  const { activities } = dayActivities({
    async checkGate() {
      await gate.wait();
      return { realtime: [], refusals: [], accepted: [] };
    },
    async reindexDay() {
      await reindex.wait();
      return { taskId: 'task_1', createdTime: '2026-11-22T00:00:00.000Z' };
    },
  });
  await temporal.serve(activities, async () => {
    const handle = await start();
    const step = (): Promise<DailyBatchStep> => handle.query<DailyBatchStep>('step');
    await gate.reached();
    expect(await step()).toBe('gate');
    expect(await shownOf(handle)).toMatchObject({
      outcome: 'running',
      details: expect.stringContaining('**gate**') as string,
    });
    gate.release();
    await reindex.reached();
    expect(await step()).toBe('reindex');
    reindex.release();
    await handle.result();
    expect(await step()).toBe('reconcile');
  });
});

describe('retries', () => {
  it('try again what may succeed later, after a second', async () => {
    let tries = 0;
    const plain = dayActivities().activities;
    const { activities, calls } = dayActivities({
      planDay: (input) => ((tries += 1) === 1 ? fail('UNREADABLE_INPUT') : plain.planDay(input)),
    });
    await temporal.serve(activities, async () => {
      const began = Date.now();
      await (await start()).result();
      expect(Date.now() - began).toBeGreaterThan(900);
      expect(calls).toEqual(['planDay', ...WHOLE_DAY]);
    });
  });

  it('end at once where no further try can help, with the code as the failure’s type', async () => {
    const { activities, calls } = dayActivities({ proveDay: () => fail('PROOF_FAILED', true) });
    await temporal.serve(activities, async () => {
      const handle = await start();
      expect((await failureOf(handle)).cause).toMatchObject({ type: 'PROOF_FAILED' });
      expect(calls.filter((name) => name === 'proveDay')).toHaveLength(1);
      expect(await shownOf(handle)).toMatchObject({
        status: 'FAILED',
        outcome: 'failed:PROOF_FAILED',
        details: '**failed:PROOF_FAILED** at step prove — PROOF_FAILED happened',
      });
    });
  });
});

describe('the gate', () => {
  it('ends the run with its code and touches nothing that serves the day', async () => {
    const { activities, calls } = dayActivities({
      checkGate: () => Promise.resolve({ realtime: [], refusals: [refusal('MISSING_HOURS')], accepted: [] }),
    });
    await temporal.serve(activities, async () => {
      const handle = await start();
      expect(await failureOf(handle)).toMatchObject({ type: 'MISSING_HOURS', details: [refusal('MISSING_HOURS')] });
      expect(calls.filter((name) => TOUCHES.includes(name))).toEqual([]);
      expect(await shownOf(handle)).toMatchObject({ outcome: 'refused:MISSING_HOURS' });
    });
  });

  it('refuses input that does not settle before it is built, and records where that was accepted', async () => {
    const { activities, calls } = dayActivities({
      awaitSettledInput: () => Promise.resolve({ refusal: refusal('NOT_SETTLED') }),
    });
    await temporal.serve(activities, async () => {
      expect(await failureOf(await start())).toMatchObject({ type: 'NOT_SETTLED' });
      expect(calls).toEqual(['planDay', 'awaitSettledInput']);
      const { accepted } = await (await start({ accept: ['NOT_SETTLED'] })).result();
      expect(accepted).toEqual([refusal('NOT_SETTLED')]);
    });
  });
});

describe('files that change while the day is being sealed', () => {
  const changing = (checkGate: BatchActivities['checkGate']) => {
    let builds = 0;
    return dayActivities({
      buildDay: () => Promise.resolve({ ...BUILT, folder: `/output/.versions/${(builds += 1)}` }),
      checkGate,
    });
  };
  const passed = { realtime: [], refusals: [], accepted: [] };

  it('pass the gate once more, and are what Druid loads', async () => {
    const { activities, calls } = changing(() => Promise.resolve({ ...passed, accepted: [refusal('MISSING_HOURS')] }));
    await temporal.serve(activities, async () => {
      const { output, accepted } = await (await start({ accept: ['MISSING_HOURS'] })).result();
      expect({ output, accepted }).toEqual({ output: '/output/.versions/2', accepted: [refusal('MISSING_HOURS')] });
      expect(calls.slice(5, 9)).toEqual(['sealDay', 'buildDay', 'checkGate', 'reindexDay']);
    });
  });

  it('are refused where too little is left of them', async () => {
    let looks = 0;
    const { activities, calls } = changing(() =>
      Promise.resolve((looks += 1) === 1 ? passed : { ...passed, refusals: [refusal('MISSING_HOURS')] }),
    );
    await temporal.serve(activities, async () => {
      const handle = await start();
      expect(await failureOf(handle)).toMatchObject({ type: 'MISSING_HOURS' });
      expect(calls).not.toContain('reindexDay');
      expect(await shownOf(handle)).toMatchObject({ outcome: 'refused:MISSING_HOURS' });
    });
  });
});

describe('a day that a task of higher priority takes away', () => {
  it('is sealed and rebuilt again, after its own task was ended', async () => {
    let tries = 0;
    const { activities, calls } = dayActivities({
      reindexDay: () =>
        (tries += 1) === 1
          ? fail('DRUID_LOCK_REVOKED', true)
          : Promise.resolve({ taskId: 'task_2', createdTime: '2026-11-22T00:00:00.000Z' }),
    });
    await temporal.serve(activities, async () => {
      expect(await (await start()).result()).toMatchObject({ taskId: 'task_2' });
      expect(calls.slice(WHOLE_DAY.indexOf('sealDay'))).toEqual([
        ...['sealDay', 'buildDay', 'reindexDay', 'endReindexTasks', 'sealDay', 'buildDay', 'reindexDay'],
        ...['proveDay', 'storeReconciliation'],
      ]);
    });
  });

  it('is given up after five times', async () => {
    const { activities, calls } = dayActivities({ reindexDay: () => fail('DRUID_LOCK_REVOKED', true) });
    await temporal.serve(activities, async () => {
      const handle = await start();
      expect((await failureOf(handle)).cause).toMatchObject({ type: 'DRUID_LOCK_REVOKED' });
      expect(calls.filter((name) => name === 'sealDay')).toHaveLength(5);
    });
  });
});

describe('a cancellation', () => {
  it.each([
    ['buildDay', ['planDay', 'awaitSettledInput', 'buildDay']],
    ['reindexDay', [...WHOLE_DAY.slice(0, 8), 'endReindexTasks']],
  ] as const)('during %s ends the activity, then what it left in Druid, then the run', async (where, expected) => {
    const held = new Held();
    const { activities, calls } = dayActivities({ [where]: () => held.wait() });
    await temporal.serve(activities, async () => {
      const handle = await start();
      await held.reached();
      await handle.cancel();
      expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
      expect(calls).toEqual(expected);
      expect(await shownOf(handle)).toMatchObject({ status: 'CANCELLED', outcome: 'cancelled' });
    });
  });

  it('does not wait for the tables that a plan loads', async () => {
    const held = new Held();
    const { activities } = dayActivities({ planDay: () => held.passed().then(() => fail('UNKNOWN_PIPELINE')) });
    await temporal.serve(activities, async () => {
      const handle = await start();
      await held.reached();
      await handle.cancel();
      expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
      expect(await shownOf(handle)).toMatchObject({ status: 'CANCELLED', outcome: 'cancelled' });
      held.release();
    });
  });

  it('ends the run as failed if a task is left in Druid', async () => {
    const held = new Held();
    let ends = 0;
    const { activities } = dayActivities({
      reindexDay: () => held.wait().then(() => fail('DRUID_TASK_FAILED')),
      endReindexTasks: () => ((ends += 1) === 1 ? Promise.resolve() : fail('DRUID_REFUSED', true)),
    });
    await temporal.serve(activities, async () => {
      const handle = await start();
      await held.reached();
      await handle.cancel();
      await failureOf(handle);
      expect(await shownOf(handle)).toMatchObject({ status: 'FAILED', outcome: 'failed:DRUID_REFUSED' });
    });
  });

  it('ends the run as cancelled, whatever its activity ends with', async () => {
    const held = new Held();
    const { activities } = dayActivities({
      // As Temporal fails it if its worker has died: this is no failure of a cancellation.
      buildDay: () =>
        held.wait().then(
          () => BUILT,
          () => fail('OUTPUT_FAILED'),
        ),
    });
    await temporal.serve(activities, async () => {
      const handle = await start();
      await held.reached();
      await handle.cancel();
      expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
      expect(await shownOf(handle)).toMatchObject({
        ...{ status: 'CANCELLED', outcome: 'cancelled' },
        details: '**cancelled** at step build — OUTPUT_FAILED happened',
      });
    });
  });
});

it('brings a kept version back without a look at the files', async () => {
  const { activities, calls } = dayActivities();
  await temporal.serve(activities, async () => {
    const result = await (await start({ restore: 'previous' })).result();
    expect(result).toMatchObject({ verdict: 'restored', output: '/output/.versions/kept' });
    expect(calls).not.toContain('buildDay');
    expect(calls.slice(0, 3)).toEqual(['planDay', 'chooseVersion', 'republish']);
  });
});

it('seals nothing where the batch has a datasource of its own', async () => {
  const plain = dayActivities().activities;
  const { activities, calls } = dayActivities({
    planDay: async (input) => ({ ...(await plain.planDay(input)), datasource: 'rows_batch' }),
  });
  await temporal.serve(activities, async () => {
    const result = await (await start()).result();
    expect(result.sealedUntil).toBeUndefined();
    expect(result.counts).toEqual(BUILT.counts);
    expect(calls).not.toContain('sealDay');
  });
});

it('leaves the verdict of the day’s last run where a restore ends before it touches the day', async () => {
  const { calls, activities } = dayActivities({ chooseVersion: () => fail('NOT_BUILT', true) });
  await temporal.serve(activities, async () => {
    const proven = await start();
    const { date } = await proven.result();
    await until(async () => (await lastRuns(temporal.client, 'events')).has(date));
    const before = calls.length;
    const restore = await temporal.client.workflow.start<typeof dailyBatch>('dailyBatch', {
      taskQueue: temporal.taskQueue,
      workflowId: dailyBatchId('events', date),
      args: [{ pipeline: 'events', date, restore: 'foo' }],
    });

    expect((await failureOf(restore)).cause).toMatchObject({ type: 'NOT_BUILT' });
    expect(calls.slice(before)).toEqual(['planDay', 'chooseVersion']);
    expect(await shownOf(restore)).toMatchObject({ status: 'FAILED', outcome: 'not-restored:NOT_BUILT' });
    const query = `WorkflowId = '${dailyBatchId('events', date)}' AND DaybreakOutcome = 'not-restored:NOT_BUILT'`;
    await until(async () => (await temporal.client.workflow.count(query)).count === 1);
    expect((await lastRuns(temporal.client, 'events')).get(date)).toMatchObject({
      outcome: 'replaced',
      runId: proven.firstExecutionRunId,
    });
  });
});
