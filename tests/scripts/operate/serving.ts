import { Worker } from '@temporalio/worker';
import { resolve } from 'node:path';
import { TASK_QUEUES } from '../../../domain/task-queues';
import type { WorkflowTests } from '../../workflows/environment';

/** Serves the speed layer's own task queue while `work` runs, with workflows of a folder beside this one. */
export async function serving<T>(
  { connection }: WorkflowTests,
  served: { readonly workflows: string; readonly activities: object },
  work: () => Promise<T>,
): Promise<T> {
  const worker = await Worker.create({
    connection,
    workflowsPath: resolve(__dirname, served.workflows),
    taskQueue: TASK_QUEUES.speed,
    activities: served.activities,
  });
  return worker.runUntil(work);
}
