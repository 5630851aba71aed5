import { Worker } from '@temporalio/worker';
import { backfillId } from '../../../../domain/backfill';
import { parseBusinessDate } from '../../../../domain/business-date';
import { TASK_QUEUES } from '../../../../domain/task-queues';
import { BUILT, dayActivities } from '../../../workflows/day-activities';
import { Held } from '../../../workflows/environment';
import { keptWorkflowBundle, payloadConverterPath } from '../../../workflows/kept-bundle';
import { localTemporal } from '../local-temporal';
import { endOf, startDaybreak, type Ended } from '../run-daybreak';
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

/** Runs the backfill with a worker whose build of the day ends once the command has shown `line`. */
async function servedUntilShown(line: string, ...args: readonly string[]): Promise<Ended> {
  const held = new Held();
  const { activities } = dayActivities({
    buildDay: async () => {
      await held.wait();
      return BUILT;
    },
  });
  const worker = await Worker.create({
    connection: temporal.connection,
    workflowBundle: await keptWorkflowBundle(),
    dataConverter: { payloadConverterPath },
    taskQueue: TASK_QUEUES.backfill,
    activities: { ...activities, selectBackfillDays: () => Promise.resolve([day]) },
  });
  return worker.runUntil(() => {
    const child = startDaybreak([...range, ...args], temporal.variables);
    child.stderr?.on('data', (text) => {
      if (String(text).includes(line)) held.release();
    });
    return endOf(child);
  });
}

it('shows each day with --watch also if the result is JSON, which stays alone on standard output', async () => {
  const { code, stdout, stderr } = await servedUntilShown(`${day} is running`, '--only', 'all', '--watch', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ requested: 1, completed: 1, replaced: 1 });
  expect(stderr).toContain(`\n${day} is running\n`);
}, 120_000);
