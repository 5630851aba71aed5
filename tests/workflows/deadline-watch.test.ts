import type { OperateActivities } from '../../activities/operate';
import { businessDateOf, shiftDate } from '../../domain/business-date';
import type { Notice } from '../../domain/notice';
import type { deadlineWatch } from '../../workflows';
import { createOperateActivities } from '../../activities/operate';
import { dailyBatchId } from '../../domain/daily-batch';
import { NO_WEBHOOKS } from '../activities/operate/no-webhooks';
import { dayActivities } from './day-activities';
import { failureOf, Held, shownOf, until, useTemporal } from './environment';

const temporal = useTemporal();
const TIME_ZONE = 'Asia/Seoul';
const date = shiftDate(businessDateOf(new Date(), TIME_ZONE), -1);

let number = 0;
function start(pipeline: string) {
  number += 1;
  return temporal.client.workflow.start<typeof deadlineWatch>('deadlineWatch', {
    taskQueue: temporal.taskQueue,
    workflowId: `deadline-watch/${number}`,
    args: [{ pipeline, timeZone: TIME_ZONE }],
  });
}

function watching() {
  const told: Notice[] = [];
  const real = createOperateActivities({ ...NO_WEBHOOKS, pipelines: '', data: '' });
  const findOverdue: OperateActivities['findOverdue'] = (day) => real.findOverdue(day);
  const notify = (notice: Notice): Promise<void> => Promise.resolve(void told.push(notice));
  return { told, findOverdue, notify };
}

function run(pipeline: string) {
  const workflowId = dailyBatchId(pipeline, date);
  return temporal.client.workflow.start('dailyBatch', {
    ...{ taskQueue: temporal.taskQueue, workflowId, args: [{ pipeline, date }] },
  });
}

it('tells that a day has no run, or one that is not over', async () => {
  const held = new Held();
  const { activities } = dayActivities({
    async checkGate() {
      await held.wait();
      return { realtime: [], refusals: [], accepted: [] };
    },
  });
  const { told, ...watch } = watching();
  await temporal.serve({ ...activities, ...watch }, async () => {
    const handle = await start('late');
    expect(await handle.result()).toEqual({ date, outcome: 'overdue' });
    expect(await shownOf(handle)).toMatchObject({ outcome: 'overdue', date, status: 'COMPLETED' });
    const day = await run('late');
    await held.reached();
    await listed(day.workflowId);
    const again = await start('late');
    await again.result();
    // The notice leads to the check, whose details lead to the day's run.
    expect((await shownOf(again)).details).toMatch(/^\*\*overdue\*\* — \S+: running, \[.*\]\(\S+\)$/);
    held.release();
    await day.result();
    expect(told).toEqual([
      {
        ...{ kind: 'overdue', pipeline: 'late', date, outcome: 'no run' },
        reason: expect.stringMatching(/^No run of the day has begun\./) as string,
      },
      { kind: 'overdue', pipeline: 'late', date, outcome: 'running', reason: 'Its run goes on.' },
    ]);
  });
});

it('tells nothing of a day that was proven, also while it is recomputed or after that failed', async () => {
  let builds = 0;
  const { activities } = dayActivities({
    planDay: (input) =>
      (builds += 1) === 1 ? dayActivities().activities.planDay(input) : Promise.reject(new Error('')),
  });
  const { told, ...watch } = watching();
  await temporal.serve({ ...activities, ...watch }, async () => {
    const first = await run('proven');
    await first.result();
    await listed(first.workflowId, 'COMPLETED');
    expect(await (await start('proven')).result()).toEqual({ date, outcome: 'proven' });
    const again = await run('proven');
    await listed(again.workflowId, 'RUNNING');
    expect(await (await start('proven')).result()).toEqual({ date, outcome: 'proven' });
    await again.terminate();
    expect(told).toEqual([]);
  });
});

it('refuses a time zone that is none instead of trying for ever', async () => {
  await temporal.serve(watching(), async () => {
    const handle = await temporal.client.workflow.start<typeof deadlineWatch>('deadlineWatch', {
      ...{ taskQueue: temporal.taskQueue, workflowId: 'deadline-watch/mars' },
      args: [{ pipeline: 'events', timeZone: 'Mars/Olympus' }],
    });
    expect(await failureOf(handle)).toMatchObject({ type: 'WRONG_USAGE' });
  });
});

/** Temporal lists a run some milliseconds after it began or ended. */
async function listed(workflowId: string, status = 'RUNNING'): Promise<void> {
  const query = `WorkflowId = '${workflowId}' AND ExecutionStatus = '${status[0]}${status.slice(1).toLowerCase()}'`;
  await until(async () => {
    for await (const found of temporal.client.workflow.list({ query })) return found.workflowId === workflowId;
    return false;
  });
}
