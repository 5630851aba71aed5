import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy, type Client } from '@temporalio/client';
import { dailyBatchId, type DailyBatchInput, type DailyBatchResult } from '../domain/daily-batch';
import { dateAttribute, pipelineAttribute } from '../domain/search-attributes';
import { TASK_QUEUES } from '../domain/task-queues';
import type { dailyBatch } from '../workflows';
import { follow, requireWorker } from './follow';

/** Starts the day's run, or joins the one that is under way: a day is in one flight at a time. */
export async function startDay(client: Client, input: DailyBatchInput) {
  await requireWorker(client, TASK_QUEUES.batch);
  return client.workflow.start<typeof dailyBatch>('dailyBatch', {
    taskQueue: TASK_QUEUES.batch,
    workflowId: dailyBatchId(input.pipeline, input.date),
    args: [input],
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: `${input.pipeline} ${input.date}, by hand`,
    typedSearchAttributes: [
      { key: pipelineAttribute, value: input.pipeline },
      { key: dateAttribute, value: input.date },
    ],
  });
}

/** Runs a day to its end, telling each step and what it waits for. */
export async function runDay(
  client: Client,
  input: DailyBatchInput,
  tell: (line: string) => void,
): Promise<DailyBatchResult> {
  const handle = await startDay(client, input);
  let last = '';
  return follow<DailyBatchResult>(handle, (activities) => {
    const line = activities
      .map(({ name, attempt, details, lastFailure }) =>
        [
          name,
          details === undefined ? '' : `: ${typeof details === 'string' ? details : JSON.stringify(details)}`,
          attempt > 1 ? ` (try ${attempt}; the last one failed: ${lastFailure ?? 'no reason given'})` : '',
        ].join(''),
      )
      .join('; ');
    if (line !== last && line !== '') tell(line);
    last = line;
  });
}
