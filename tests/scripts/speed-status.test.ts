import { Worker } from '@temporalio/worker';
import type { WorkflowHandle } from '@temporalio/client';
import { resolve } from 'node:path';
import { speedLayerId } from '../../domain/speed-layer';
import { TASK_QUEUES } from '../../domain/task-queues';
import { speedView } from '../../scripts/speed-status';
import { useTemporal } from '../workflows/environment';

const temporal = useTemporal();

const start = (pipeline: string): Promise<WorkflowHandle> =>
  temporal.client.workflow.start('speedLayer', {
    taskQueue: TASK_QUEUES.speed,
    workflowId: speedLayerId(pipeline),
    args: [{ pipeline }],
  });

it('shows a layer that failed with its reason and what to do, and not as running', async () => {
  const handle = await start('failed');
  const worker = await Worker.create({
    connection: temporal.connection,
    workflowsPath: resolve(__dirname, './failing-workflow'),
    taskQueue: TASK_QUEUES.speed,
  });
  await worker.runUntil(expect(handle.result()).rejects.toThrow());
  await expect(speedView(temporal.client, 'failed')).rejects.toMatchObject({
    code: 'NOT_RUNNING',
    what: 'the speed layer of failed has failed: BAD_TABLE: a table is cut. Write it again',
    remedy: 'Once that is corrected, start it: npx daybreak speed start --pipeline failed',
  });
});

it('nor one that somebody terminated', async () => {
  await (await start('ended')).terminate();
  await expect(speedView(temporal.client, 'ended')).rejects.toMatchObject({
    code: 'NOT_RUNNING',
    what: 'the speed layer of ended does not run (terminated)',
  });
});
