import { CancelledFailure, Context } from '@temporalio/activity';
import { join } from 'node:path';
import type { DruidClient, TaskStatus } from '../../clients/druid';
import type { BuiltDay, DayPlan } from '../../domain/daily-batch';
import { reindexSpec } from '../../domain/druid/reindex-spec';
import { DaybreakError } from '../../domain/errors';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import { waitFor } from '../wait';
import type { BatchDependencies } from './dependencies';

export interface Reindexed {
  readonly taskId: string;
  /** When Druid took the task, ISO 8601. */
  readonly createdTime: string;
}

export function createReindexActivities({ druid, pipelines }: BatchDependencies) {
  return {
    /**
     * Has Druid replace the day by the built files. The task's id derives from the workflow run, so that a retry finds
     * the task that the first try started; only where that one failed does it start the next. A cancellation ends the
     * task too. Throws DRUID_TASK_FAILED with the task's own reason.
     */
    async reindexDay(plan: DayPlan, built: BuiltDay): Promise<Reindexed> {
      const { pipeline, outputColumns: columns } = await loadPipelineNamed(pipelines, plan.pipeline);
      const { workflowExecution } = Context.current().info;
      const run = workflowExecution?.runId ?? '';
      const id = await nextTaskId(druid, `daybreak_${plan.datasource}_${plan.date}_${run}`);
      const files = built.hours.map(({ file }) => join(built.folder, file));
      await druid.tasks.submit(reindexSpec(pipeline, columns, { id, interval: plan.interval, files }));
      try {
        const status = await waitFor(() => over(druid, id));
        return { taskId: id, createdTime: status.createdTime };
      } catch (thrown) {
        if (thrown instanceof CancelledFailure) await druid.tasks.shutDown(id);
        throw thrown;
      }
    },
  };
}

/** The first id of the run that Druid does not know as failed. */
async function nextTaskId(druid: DruidClient, prefix: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const id = `${prefix}_${number}`;
    if ((await druid.tasks.status(id))?.status !== 'FAILED') return id;
  }
}

async function over(druid: DruidClient, id: string): Promise<{ answer: TaskStatus } | { waitingFor: string }> {
  const status = await druid.tasks.status(id);
  switch (status?.status) {
    case undefined:
      throw new DaybreakError('DRUID_TASK_FAILED', {
        what: `Druid does not know task ${id}, which it had accepted`,
        remedy: 'Look at the log of the overlord; the next try submits it again.',
      });
    case 'RUNNING': {
      const rows = (await druid.tasks.report(id))?.processed ?? 0;
      return { waitingFor: `task ${id} is running, ${rows} rows so far` };
    }
    case 'FAILED':
      throw new DaybreakError('DRUID_TASK_FAILED', {
        what: `Druid's task ${id} failed: ${status.errorMsg ?? 'without a reason'}`,
        remedy: `Read its report at /druid/indexer/v1/task/${id}/reports; realtime still serves the day.`,
      });
    case 'SUCCESS':
      return { answer: status };
  }
}
