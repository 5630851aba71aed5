import { Worker } from '@temporalio/worker';
import { speedLayerId } from '../../../../domain/speed-layer';
import { TASK_QUEUES } from '../../../../domain/task-queues';
import { hasWorker } from '../../../../scripts/operate/follow';
import { until } from '../../../workflows/environment';
import { keptWorkflowBundle, payloadConverterPath } from '../../../workflows/kept-bundle';
import { localTemporal } from '../local-temporal';
import { endOf, onceShown, startDaybreak, type Ended } from '../run-daybreak';

const temporal = localTemporal();
const id = speedLayerId('events');
const WAITS =
  `waiting for a worker: none has answered for ${id} in the last 5 s. See that one serves task queue daybreak-speed ` +
  '(npx daybreak worker). One that does may have other work first. ';

/** A layer whose worker has just stopped, so that Temporal still lists it. */
beforeAll(async () => {
  const { client, connection } = temporal;
  const [workflowBundle, taskQueue] = [await keptWorkflowBundle(), TASK_QUEUES.speed];
  const worker = await Worker.create({
    connection,
    workflowBundle,
    dataConverter: { payloadConverterPath },
    taskQueue,
  });
  await worker.runUntil(() => until(() => hasWorker(client, taskQueue)));
  await client.workflow.start('speedLayer', { taskQueue, workflowId: id, args: [{ pipeline: 'events' }] });
});

/** The command's end by Ctrl-C once it has said that it waits. */
function interrupted(...args: readonly string[]): Promise<Ended> {
  const child = startDaybreak(['speed', ...args, '--pipeline', 'events'], temporal.variables);
  // A second SIGINT would end the command at once.
  onceShown(child, 'waiting for', () => child.kill('SIGINT'));
  return endOf(child);
}

it('scale says that it waits for a worker', async () => {
  expect(await interrupted('scale', '2')).toEqual({
    code: null,
    stdout: '',
    stderr: `${WAITS}Ctrl-C ends the wait: then run this command again when a worker is there.\n`,
  });
});

it('stop says that it waits for a worker, and on Ctrl-C that the stop goes on and how to follow it', async () => {
  expect(await interrupted('stop')).toEqual({
    code: 130,
    stdout: '',
    stderr:
      `${WAITS}Ctrl-C ends only this command: what it started goes on.\n\n` +
      'It goes on. See how far it is: npx daybreak speed status --pipeline events. ' +
      'End the layer at once: npx daybreak speed stop --pipeline events --now\n',
  });
});
