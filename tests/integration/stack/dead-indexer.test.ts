import axios from 'axios';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDruidClient } from '../../../clients/druid';
import { stackHealth, startStack, stopStack } from '../../../scripts/stack';
import { readConfig } from '../../../worker/config';
import { freePortBase } from '../support/test-stacks';
import { until } from '../support/until';

jest.setTimeout(600_000);

// This test kills a server, so it needs a stack that nobody else uses.
let stack: { portBase: number; directory: string };

beforeAll(async () => {
  stack = { portBase: await freePortBase(), directory: await mkdtemp(join(tmpdir(), 'daybreak-dead-indexer-')) };
  await startStack(stack);
  process.env['DAYBREAK_PORT_BASE'] = String(stack.portBase);
});

afterAll(() => stopStack({ ...stack, wipe: true }));

/** Submits a task that does nothing to Druid, and returns its id. */
async function submitNothing(name: string): Promise<string> {
  const id = `${name}_${randomUUID()}`;
  await axios.post(`${readConfig().druid.coordinatorUrl}/druid/indexer/v1/task`, { type: 'noop', id, runTime: 0 });
  return id;
}

// By its own default Druid would wait five minutes for the dead indexer's answer, and start nothing.
it('starts tasks again soon after one was given to an indexer that was dead and still listed', async () => {
  const { tasks } = createDruidClient(readConfig().druid);
  const { pid } = (await stackHealth(stack)).find(({ name }) => name === 'druid-indexer')!;
  process.kill(pid!, 'SIGKILL');
  const lost = await submitNothing('lost');
  const log = join(stack.directory, 'log', 'druid-coordinator.log');
  await until('the doubt of Druid', async () =>
    (await readFile(log, 'utf8')).includes(`Not sure whether task[${lost}]`),
  );
  await startStack(stack);
  const next = await submitNothing('next');
  await until('the next task', async () => (await tasks.status(next))?.status === 'SUCCESS');
  expect(await tasks.status(lost)).toMatchObject({
    status: 'FAILED',
    errorMsg: expect.stringContaining('did not start it in timeout') as string,
  });
});
