import { WorkflowIdConflictPolicy, WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import { DaybreakError } from '../domain/errors';
import { pipelineAttribute } from '../domain/search-attributes';
import { speedLayerId } from '../domain/speed-layer';
import { TASK_QUEUES } from '../domain/task-queues';
import type { speedLayer } from '../workflows';
import { requireWorker } from './follow';
import { startedByHand } from './started-by-hand';

/** Starts the speed layer; where it runs already it goes on as it is. */
export async function startSpeedLayer(
  client: Client,
  { pipeline, shards }: { readonly pipeline: string; readonly shards: number },
): Promise<WorkflowHandle> {
  await requireWorker(client, TASK_QUEUES.speed);
  return client.workflow.start<typeof speedLayer>('speedLayer', {
    taskQueue: TASK_QUEUES.speed,
    workflowId: speedLayerId(pipeline),
    args: [{ pipeline, shards }],
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: `${pipeline}, realtime`,
    memo: startedByHand('by hand', { shards }),
    typedSearchAttributes: [{ key: pipelineAttribute, value: pipeline }],
  });
}

/** Calls a method of the speed layer's handle; throws NOT_RUNNING where it does not run. */
export async function withSpeedLayer<T>(
  client: Client,
  pipeline: string,
  call: (handle: WorkflowHandle<typeof speedLayer>) => Promise<T>,
): Promise<T> {
  try {
    return await call(client.workflow.getHandle<typeof speedLayer>(speedLayerId(pipeline)));
  } catch (cause) {
    if (!(cause instanceof WorkflowNotFoundError)) throw cause;
    throw new DaybreakError('NOT_RUNNING', {
      what: `the speed layer of ${pipeline} does not run`,
      remedy: `Start it: npx daybreak speed start --pipeline ${pipeline}`,
      cause,
    });
  }
}
