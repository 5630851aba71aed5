import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { OperateActivities } from '../../activities/operate';
import { parseBusinessDate } from '../../domain/business-date';
import { dailyBatchId } from '../../domain/daily-batch';
import type { LateDataDecision } from '../../domain/late-data';
import type { Notice } from '../../domain/notice';
import type { lateDataWatch } from '../../workflows';
import { BUILT, dayActivities } from './day-activities';
import { failureOf, Held, shownOf, useTemporal } from './environment';

const temporal = useTemporal();

let number = 0;
function start() {
  number += 1;
  return temporal.client.workflow.start<typeof lateDataWatch>('lateDataWatch', {
    taskQueue: temporal.taskQueue,
    workflowId: `late-data-watch/${number}`,
    args: [{ pipeline: 'events' }],
  });
}

const decision = (date: string, what: LateDataDecision['decision'], because: string): LateDataDecision => ({
  date: parseBusinessDate(date),
  decision: what,
  lateRows: 7,
  because,
});
/** What was told, of all days. */
const told: Notice[] = [];
const notify = (notice: Notice): Promise<void> => Promise.resolve(void told.push(notice));

const found =
  (...decisions: LateDataDecision[]): OperateActivities['findLateData'] =>
  () =>
    Promise.resolve(decisions);

it('recomputes the days that are due one after another, and says why each other day was left', async () => {
  const built: string[] = [];
  const { activities, calls } = dayActivities({
    buildDay({ date }) {
      built.push(date);
      return Promise.resolve(BUILT);
    },
  });
  const findLateData = found(
    decision('2026-05-03', 'recompute', '7 late rows'),
    decision('2026-05-02', 'cannot', 'files of its build are gone'),
    decision('2026-05-01', 'recompute', '7 late rows'),
  );
  await temporal.serve({ ...activities, findLateData, notify }, async () => {
    const handle = await start();
    const { days } = await handle.result();
    expect(days.map(({ decision: what, outcome }) => [what, outcome])).toEqual([
      ['recompute', 'replaced'],
      ['cannot', undefined],
      ['recompute', 'replaced'],
    ]);
    expect(built).toEqual(['2026-05-03', '2026-05-03', '2026-05-01', '2026-05-01']);
    expect(calls.lastIndexOf('planDay')).toBeGreaterThan(calls.indexOf('storeReconciliation'));
    // Notices go out at once, in any order.
    const notices = told.filter(({ date }) => ['2026-05-01', '2026-05-03'].includes(date));
    expect(notices.sort((a, b) => a.date.localeCompare(b.date))).toEqual(
      ['2026-05-01', '2026-05-03'].map((date) => ({
        ...{ kind: 'recomputed', pipeline: 'events', date, outcome: 'replaced', reason: '7 late rows' },
      })),
    );
    const shown = await shownOf(handle);
    expect(shown.outcome).toBe('replaced');
    expect(shown.details).toContain('| 2026-05-02 | cannot | 7 | files of its build are gone |  |');
    const day = temporal.client.workflow.getHandle(dailyBatchId('events', '2026-05-03'));
    expect((await shownOf(day)).memo).toEqual({ trigger: 'late data', startedBy: handle.workflowId });
  });
});

it('tells of each day without waiting for the notice of another, once its outcome is recorded', async () => {
  const { activities } = dayActivities();
  const findLateData = found(
    decision('2026-05-14', 'recompute', '7 late rows'),
    decision('2026-05-13', 'recompute', '7 late rows'),
  );
  const held = new Held();
  await temporal.serve({ ...activities, findLateData, notify: () => held.wait() }, async () => {
    const handle = await start();
    try {
      await held.reached(2);
      expect((await shownOf(handle)).outcome).toBe('replaced');
    } finally {
      held.release();
    }
    await handle.result();
  });
});

it('builds a day that was missed where that was decided, and shows one that is only to be reported', async () => {
  const { activities } = dayActivities();
  const findLateData = found(
    decision('2026-05-10', 'build', 'never built'),
    decision('2026-05-09', 'missed', 'never built'),
  );
  await temporal.serve({ ...activities, findLateData, notify }, async () => {
    const handle = await start();
    const { days } = await handle.result();
    expect(days.map(({ decision: what, outcome }) => [what, outcome])).toEqual([
      ['build', 'replaced'],
      ['missed', undefined],
    ]);
    const shown = await shownOf(handle);
    expect(shown.outcome).toBe('missed days');
    expect(shown.details).toContain('| 2026-05-09 | missed | 7 | never built |  |');
    const day = temporal.client.workflow.getHandle(dailyBatchId('events', '2026-05-10'));
    expect((await shownOf(day)).memo).toEqual({ trigger: 'missed night', startedBy: handle.workflowId });
  });
});

it('has nothing to do where nothing is late, after a look that failed was tried again', async () => {
  let tries = 0;
  const { activities, calls } = dayActivities();
  const findLateData: OperateActivities['findLateData'] = () =>
    (tries += 1) === 1
      ? Promise.reject(new Error('a disk is away'))
      : Promise.resolve([decision('2026-05-04', 'wait', '7 late rows, the pipeline waits for 10')]);
  await temporal.serve({ ...activities, findLateData, notify }, async () => {
    const handle = await start();
    await handle.result();
    expect(calls).toEqual([]);
    expect((await shownOf(handle)).outcome).toBe('nothing late');
  });
});

it('goes on after a day whose files cannot be compared, and fails with the reason', async () => {
  const { activities } = dayActivities();
  const because = 'its files cannot be compared: UNREADABLE_INPUT: a link leads out. Replace it.';
  const findLateData = found(
    decision('2026-05-12', 'unknown', because),
    decision('2026-05-11', 'recompute', '7 late rows'),
  );
  await temporal.serve({ ...activities, findLateData, notify }, async () => {
    const handle = await start();
    const failure = await failureOf(handle);
    expect(failure).toMatchObject({
      type: 'DAYS_FAILED',
      message: expect.stringContaining(`2026-05-12: ${because}`) as string,
    });
    const shown = await shownOf(handle);
    expect(shown.outcome).toBe('failed:DAYS_FAILED');
    expect(shown.details).toContain('| 2026-05-11 | recompute | 7 | 7 late rows | replaced |');
  });
});

it('goes on after a day that failed, and fails at its end with the decisions and outcomes', async () => {
  const { activities } = dayActivities({
    proveDay: ({ date }) =>
      date === '2026-05-06'
        ? Promise.reject(ApplicationFailure.nonRetryable('hour 07 differs', 'PROOF_FAILED'))
        : Promise.resolve({ version: 'v', segments: 1, hours: [] }),
  });
  const findLateData = found(
    decision('2026-05-06', 'recompute', '7 late rows'),
    decision('2026-05-05', 'recompute', '7 late rows'),
  );
  await temporal.serve({ ...activities, findLateData, notify }, async () => {
    const handle = await start();
    expect(await failureOf(handle)).toMatchObject({
      type: 'DAYS_FAILED',
      details: [{ days: [{ outcome: 'failed:PROOF_FAILED' }, { outcome: 'replaced' }] }],
    });
    expect((await shownOf(handle)).outcome).toBe('failed:DAYS_FAILED');
    expect(told.find(({ date }) => date === '2026-05-06')).toMatchObject({
      ...{ kind: 'failed', outcome: 'failed:PROOF_FAILED', reason: 'hour 07 differs' },
    });
  });
});

it('recomputes the other days while a webhook cannot be told', async () => {
  const built: string[] = [];
  const { activities } = dayActivities({
    buildDay({ date }) {
      built.push(date);
      return Promise.resolve(BUILT);
    },
  });
  const findLateData = found(
    decision('2026-05-14', 'recompute', '7 late rows'),
    decision('2026-05-13', 'recompute', '7 late rows'),
  );
  const builtWhenTold: string[][] = [];
  const tellLate = (): Promise<void> => Promise.resolve(void builtWhenTold.push([...new Set(built)]));
  await temporal.serve({ ...activities, findLateData, notify: tellLate }, async () => {
    await (await start()).result();
    expect(builtWhenTold).toEqual(Array(2).fill(['2026-05-14', '2026-05-13']));
  });
});

it('ends the day that it recomputes before it is cancelled itself', async () => {
  const held = new Held();
  const { activities } = dayActivities({
    async buildDay() {
      await held.wait();
      return BUILT;
    },
  });
  const findLateData = found(
    decision('2026-05-08', 'recompute', '7 late rows'),
    decision('2026-05-07', 'recompute', '7 late rows'),
  );
  await temporal.serve({ ...activities, findLateData, notify }, async () => {
    const handle = await start();
    await held.reached();
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    const day = temporal.client.workflow.getHandle(dailyBatchId('events', '2026-05-08'));
    expect(await shownOf(day)).toMatchObject({ status: 'CANCELLED', outcome: 'cancelled' });
    expect(held.arrived).toBe(1);
  });
});

describe('a day that waits for the runs before it', () => {
  const days = ['2026-06-03', '2026-06-02', '2026-06-01'];
  const first = days.map((date) => decision(date, 'recompute', '7 late rows'));
  const watched = async (
    again: (date: string) => Promise<LateDataDecision[]>,
    check: (handle: Awaited<ReturnType<typeof start>>, built: ReadonlySet<string>) => Promise<void>,
  ): Promise<void> => {
    const built = new Set<string>();
    const { activities } = dayActivities({
      buildDay({ date }) {
        built.add(date);
        return Promise.resolve(BUILT);
      },
    });
    const findLateData: OperateActivities['findLateData'] = ({ date }) =>
      date === undefined ? Promise.resolve(first) : again(date);
    await temporal.serve({ ...activities, findLateData, notify }, async () => check(await start(), built));
  };
  const others = (date: string): LateDataDecision[] => first.filter((day) => day.date === date);

  it('is left if somebody has restored it meanwhile', async () => {
    const restored = decision('2026-06-02', 'leave', 'an operator restored it');
    await watched(
      (date) => Promise.resolve(date === restored.date ? [restored] : others(date)),
      async (handle, built) => {
        const { days: ended } = await handle.result();
        expect([...built]).toEqual(['2026-06-03', '2026-06-01']);
        expect(ended[1]).toEqual(restored);
        expect((await shownOf(handle)).details).toContain('| 2026-06-02 | leave | 7 | an operator restored it |  |  |');
      },
    );
  });

  it('is left if it cannot be compared again, and the watch says so at its end', async () => {
    await watched(
      (date) =>
        date === '2026-06-02'
          ? Promise.reject(ApplicationFailure.nonRetryable('the folder is gone', 'BAD_PIPELINE'))
          : Promise.resolve(others(date)),
      async (handle, built) => {
        expect(await failureOf(handle)).toMatchObject({
          type: 'DAYS_FAILED',
          message: '2026-06-02: its files cannot be compared again: the folder is gone',
        });
        expect([...built]).toEqual(['2026-06-03', '2026-06-01']);
      },
    );
  });
});
