import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import type { ChildProcess } from 'node:child_process';
import { backfillId } from '../../../../domain/backfill';
import { parseBusinessDate } from '../../../../domain/business-date';
import { TASK_QUEUES } from '../../../../domain/task-queues';
import { hasWorker } from '../../../../scripts/operate/follow';
import { BUILT, dayActivities } from '../../../workflows/day-activities';
import { Held, until } from '../../../workflows/environment';
import { keptWorkflowBundle, payloadConverterPath } from '../../../workflows/kept-bundle';
import { localTemporal } from '../local-temporal';
import { endOf, onceShown, startDaybreak, type Ended } from '../run-daybreak';
import { runMain } from '../run-main';

const temporal = localTemporal();
const day = parseBusinessDate('2026-11-21');
const id = backfillId('events', day, day);
const range = ['backfill', '--pipeline', 'events', '--from', day, '--to', day];
const on = (...args: string[]) => runMain([...range, ...args], temporal.variables);

it('does not take --dry-run with --cancel, which would cancel', async () => {
  expect(await on('--cancel', '--dry-run')).toEqual({
    code: 2,
    stdout: '',
    stderr: "error: option '--cancel' cannot be used with option '--dry-run'\n(add --help for the options)\n",
  });
});

it('says in its help how the days that failed run again, whatever was selected before', async () => {
  const { stdout } = await on('--help');
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('Exits with 1 if a day failed: --only failed runs those again');
});

it.each(['--no-wait', '--dry-run', '--cancel'])(
  'does not take --watch with %s, which has nothing to show',
  async (option) => {
    expect(await on('--watch', option)).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: option '--watch' cannot be used with option '${option}'\n(add --help for the options)\n`,
    });
  },
);

it('says what is wrong with a backfill that cannot be cancelled', async () => {
  expect((await on('--cancel')).stderr).toContain(
    `there is no backfill ${id} to cancel: Temporal does not know it.\n  → Give the range with which you started it.\n`,
  );
  const handle = await temporal.client.workflow.start('backfill', {
    taskQueue: TASK_QUEUES.backfill,
    workflowId: id,
    args: [],
  });
  await handle.terminate();
  expect((await on('--cancel')).stderr).toBe(
    `NOT_RUNNING ${id} has ended already, as TERMINATED.\n  → There is nothing to cancel.\n`,
  );
});

it.each([
  ['all', '1 day of events would run'],
  ['missing', '1 missing day of events would run'],
])('counts %s days in a plan', async (only, said) => {
  expect((await on('--dry-run', '--only', only)).stdout).toContain(`\n${said}, `);
});

const worker = async (held: Held): Promise<Worker> =>
  workerThat(async () => {
    await held.wait();
    return BUILT;
  });

const workerThat = async (buildDay: () => Promise<typeof BUILT>): Promise<Worker> => {
  const { activities } = dayActivities({ buildDay });
  return Worker.create({
    connection: temporal.connection,
    workflowBundle: await keptWorkflowBundle(),
    dataConverter: { payloadConverterPath },
    taskQueue: TASK_QUEUES.backfill,
    activities: { ...activities, selectBackfillDays: () => Promise.resolve([day]) },
  });
};

/** Runs the backfill. Calls `act` once the command has shown `line`. */
function backfillUntilShown(
  line: string,
  act: (command: ChildProcess) => void,
  ...args: readonly string[]
): Promise<Ended> {
  const child = startDaybreak([...range, '--only', 'all', ...args], temporal.variables);
  onceShown(child, line, () => {
    act(child);
  });
  return endOf(child);
}

it('shows each day with --watch also if the result is JSON, which stays alone on standard output', async () => {
  const held = new Held();
  const release = (): void => {
    held.release();
  };
  const { code, stdout, stderr } = await (
    await worker(held)
  ).runUntil(() => backfillUntilShown(`${day} is running`, release, '--watch', '--json'));
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ requested: 1, completed: 1, replaced: 1 });
  expect(stderr).toContain(`\n${day} is running\n`);
});

it('says that it waits for a worker, which Temporal still lists after its end, and what Ctrl-C leaves', async () => {
  const { client } = temporal;
  await (await worker(new Held())).runUntil(() => until(() => hasWorker(client, TASK_QUEUES.backfill)));
  const { code, stdout, stderr } = await backfillUntilShown('waiting for', (command) => command.kill('SIGINT'));
  expect([code, stdout]).toEqual([130, '']);
  expect(stderr.split('\n').slice(1)).toEqual([
    `waiting for a worker: none has answered for ${id} in the last 5 s. See that one serves task queue daybreak-backfill ` +
      '(npx daybreak worker). One that does may have other work first. Ctrl-C ends only this command: what it started goes on.',
    '',
    `It goes on. Follow it again: npx daybreak ${range.join(' ')} --only all --parallel 2. ` +
      `Cancel it: npx daybreak ${range.join(' ')} --cancel`,
    '',
  ]);
  await client.workflow.getHandle(id).terminate();
});

it('names the command that runs the failed days again, which are not changed days', async () => {
  const failing = await workerThat(() => {
    throw ApplicationFailure.nonRetryable('no space left on device', 'OUTPUT_FAILED');
  });
  const { code, stdout } = await failing.runUntil(() => on('--only', 'changed'));
  expect(code).toBe(1);
  expect(stdout).toContain(`then run npx daybreak ${range.join(' ')} --only failed\n`);
});
