import { WorkflowIdConflictPolicy, type Client } from '@temporalio/client';
import { speedLayerId } from '../../../domain/speed-layer';
import { TASK_QUEUES } from '../../../domain/task-queues';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { background, daybreak, type BackgroundCommand } from '../support/daybreak';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';

useStack();

let pipeline: OwnPipeline;
let worker: BackgroundCommand;

beforeAll(async () => {
  pipeline = await ownPipeline();
  worker = await background('worker --role speed', pipeline.environment, '"msg":"ready"');
});

afterAll(async () => {
  await worker.stop();
  await pipeline.remove();
});

/** A speed layer of the pipeline's id, whose input names `runs`. */
const start = (client: Client, runs: string) =>
  client.workflow.start('speedLayer', {
    taskQueue: TASK_QUEUES.speed,
    workflowId: speedLayerId(pipeline.name),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
    args: [{ pipeline: runs, shards: 1 }],
  });
const status = () => daybreak(`speed status --pipeline ${pipeline.name}`, pipeline.environment);

it('a speed layer that failed is not shown as running: its status has the reason, and what to do', async () => {
  await withClient(readConfig(), async (client) => {
    // No name of a pipeline: of all that can fail it, this needs no server to fail.
    const handle = await start(client, '../elsewhere');
    await expect(handle.result()).rejects.toThrow();
  });
  const { code, stderr } = await status();
  expect(code).toBe(1);
  expect(stderr).toContain(`NOT_RUNNING the speed layer of ${pipeline.name} has failed: UNKNOWN_PIPELINE: `);
  expect(stderr).toContain(`Once that is corrected, start it: npx daybreak speed start --pipeline ${pipeline.name}`);
});

it('nor is one that somebody terminated', async () => {
  await withClient(readConfig(), async (client) => {
    const handle = await start(client, pipeline.name);
    await handle.terminate();
  });
  const { code, stderr } = await status();
  expect(code).toBe(1);
  expect(stderr).toContain(`NOT_RUNNING the speed layer of ${pipeline.name} does not run (terminated)`);
});
