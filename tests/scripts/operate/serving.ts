import { Worker } from '@temporalio/worker';
import { TASK_QUEUES } from '../../../domain/task-queues';
import type { WorkflowTests } from '../../workflows/environment';
import { keptBundleOf, keptWorkflowBundle, payloadConverterPath } from '../../workflows/kept-bundle';

interface Served {
  /** The folder beside this file that has the workflows. Default: the real ones. */
  readonly workflows?: 'failing-workflow' | 'stuck-workflow';
  readonly activities: object;
  /** How many activities the worker runs at once. Default 100. */
  readonly slots?: number;
}

/** Serves the speed layer's own task queue while `work` runs. */
export async function serving<T>(
  { connection }: WorkflowTests,
  { workflows, activities, slots = 100 }: Served,
  work: () => Promise<T>,
): Promise<T> {
  const workflowBundle =
    workflows === undefined ? await keptWorkflowBundle() : await keptBundleOf(`tests/scripts/operate/${workflows}`);
  const worker = await Worker.create({
    connection,
    workflowBundle,
    ...(workflows === undefined && { dataConverter: { payloadConverterPath } }),
    taskQueue: TASK_QUEUES.speed,
    activities,
    maxConcurrentActivityTaskExecutions: slots,
  });
  return worker.runUntil(work);
}
