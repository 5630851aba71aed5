import { Worker } from '@temporalio/worker';
import { resolve } from 'node:path';
import { TASK_QUEUES } from '../../../../domain/task-queues';
import { until } from '../../../workflows/environment';
import { businessDateOf, shiftDate } from '../../../../domain/business-date';
import { localTemporal } from '../local-temporal';
import { runMain } from '../run-main';

const temporal = localTemporal();

it('trigger says which day it recomputes, and that it is before the schedule’s first day', async () => {
  const today = (): string => businessDateOf(new Date(), 'Asia/Seoul');
  const yesterday = shiftDate(businessDateOf(new Date(), 'Asia/Seoul'), -1);
  const on = (...args: string[]) => runMain(['schedule', ...args, '--pipeline', 'events'], temporal.variables);

  await on('apply', '--from', yesterday);
  expect(await on('trigger')).toEqual({
    code: 0,
    stdout: `schedule: nightly/events\nday: ${yesterday}\ndone: triggered\n`,
    stderr: '',
  });
  await on('apply', '--from', today());
  expect((await on('trigger')).stderr).toBe(
    `! ${yesterday} is before the schedule's first day, ${today()}: it is refused if it has no files of some hours\n`,
  );
  expect(await on('trigger', '--late-data')).toEqual({
    code: 0,
    stdout: 'schedule: late-data/events\ndone: triggered\n',
    stderr: '',
  });
});

it('describe names the code of a check for late data that failed before it recorded an outcome', async () => {
  const on = (...args: string[]) => runMain(['schedule', ...args, '--pipeline', 'clicks'], temporal.variables);
  await on('apply');
  expect((await on('describe')).stdout).toContain('\nrecent: none\n');
  await on('trigger', '--late-data');
  const worker = await Worker.create({
    connection: temporal.connection,
    workflowsPath: resolve(__dirname, '../../operate/failing-workflow'),
    taskQueue: TASK_QUEUES.batch,
  });
  await worker.runUntil(() => until(async () => / failed:BAD_TABLE$/m.test((await on('describe')).stdout)));
});

it('pause, resume and describe do what they can where a schedule is gone, and name it', async () => {
  const on = (...args: string[]) => runMain(['schedule', ...args, '--pipeline', 'rides'], temporal.variables);
  expect(await on('pause')).toMatchObject({ code: 1, stderr: expect.stringMatching(/^NOT_RUNNING /) as string });
  await on('apply');
  await temporal.client.schedule.getHandle('nightly/rides').delete();
  const stderr =
    '! there is no schedule nightly/rides in Temporal. ' +
    'If the pipeline should have one, create it: npx daybreak schedule apply --pipeline rides\n';
  const absent = 'schedule: nightly/rides\ndone: absent\n';
  expect(await on('pause')).toEqual({
    ...{ code: 1, stderr },
    stdout: `${absent}schedule: late-data/rides\ndone: paused\n`,
  });
  const described = await on('describe');
  expect(described).toMatchObject({ code: 1, stderr });
  expect(described.stdout).toMatch(
    /^schedule: nightly\/rides\nstate: absent\nnext: none\nrecent: none\nschedule: late-data\/rides\nstate: paused /,
  );
  expect((await on('resume')).stdout).toBe(`${absent}schedule: late-data/rides\ndone: resumed\n`);
});
