import { backfillId } from '../../../../domain/backfill';
import { parseBusinessDate } from '../../../../domain/business-date';
import { TASK_QUEUES } from '../../../../domain/task-queues';
import { localTemporal } from '../local-temporal';
import { runMain } from '../run-main';

const temporal = localTemporal();
const day = parseBusinessDate('2026-11-21');
const id = backfillId('events', day, day);
const on = (...args: string[]) =>
  runMain(['backfill', '--pipeline', 'events', '--from', day, '--to', day, ...args], temporal.variables);

it('does not take --dry-run with --cancel, which would cancel', async () => {
  expect(await on('--cancel', '--dry-run')).toEqual({
    code: 2,
    stdout: '',
    stderr: "error: option '--cancel' cannot be used with option '--dry-run'\n(add --help for the options)\n",
  });
});

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
