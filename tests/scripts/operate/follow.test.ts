import { dailyBatchId } from '../../../domain/daily-batch';
import { parseBusinessDate } from '../../../domain/business-date';
import { followDay } from '../../../scripts/operate/run-day';
import type { dailyBatch } from '../../../workflows';
import { BUILT, dayActivities } from '../../workflows/day-activities';
import { Held, until, useTemporal } from '../../workflows/environment';

const temporal = useTemporal();
const day = { pipeline: 'events', date: parseBusinessDate('2026-11-21') };

it('says once that a day waits for a worker, and then what the day does', async () => {
  const held = new Held();
  const shown: string[] = [];
  const { activities } = dayActivities({
    buildDay: async () => {
      await held.wait();
      return BUILT;
    },
  });
  const handle = await temporal.client.workflow.start<typeof dailyBatch>('dailyBatch', {
    taskQueue: 'workflow-tests-1', // That of the first worker.
    workflowId: dailyBatchId(day.pipeline, day.date),
    args: [day],
  });
  const followed = followDay({ handle }, (line) => shown.push(line));
  await until(() => shown.length > 0);
  expect(shown).toEqual([
    `waiting for a worker: none has answered for ${handle.workflowId} in the last 5 s. See that one serves task queue ` +
      'workflow-tests-1 (npx daybreak worker). One that does may have other work first. Ctrl-C ends only this command: what it started goes on.',
  ]);
  await temporal.serve(activities, async () => {
    await until(() => shown.includes('read, deduplicate and join the hourly files'));
    held.release();
    expect((await followed).counts).toEqual(BUILT.counts);
  });
  expect(shown.filter((line) => line.startsWith('waiting for a worker'))).toHaveLength(1);
});
