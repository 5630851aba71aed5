import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
} from '@temporalio/client';
import { dailyBatchId, type DailyBatchInput, type DailyBatchResult } from '../domain/daily-batch';
import { DaybreakError } from '../domain/errors';
import { dateAttribute, pipelineAttribute } from '../domain/search-attributes';
import { TASK_QUEUES } from '../domain/task-queues';
import type { LoadedPipeline } from '../engines/loaded-pipeline';
import { loadPipelineNamed } from '../engines/pipeline-folder';
import type { Config } from '../worker/config';
import type { dailyBatch } from '../workflows';
import { follow, requireWorker } from './follow';
import { describeActivities } from './output/describe-activities';
import { startedByHand } from './started-by-hand';

/**
 * The pipeline of that name, before anything is started. A table that cannot be read is the gate's to refuse, so that the
 * run records it: undefined.
 */
export async function requirePipeline({ pipelines }: Config, name: string): Promise<LoadedPipeline | undefined> {
  try {
    return await loadPipelineNamed(pipelines, name);
  } catch (thrown) {
    if (thrown instanceof DaybreakError && thrown.code === 'BAD_TABLE') return undefined;
    throw thrown;
  }
}

/**
 * Starts the day's run, or joins the one that is under way: a day is in one flight at a time. A restore joins none, and
 * throws ALREADY_RUNNING.
 */
export async function startDay(client: Client, input: DailyBatchInput) {
  await requireWorker(client, TASK_QUEUES.batch);
  const { pipeline, date, restore, force, accept } = input;
  const workflowId = dailyBatchId(pipeline, date);
  try {
    return await client.workflow.start<typeof dailyBatch>('dailyBatch', {
      taskQueue: TASK_QUEUES.batch,
      workflowId,
      args: [input],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      workflowIdConflictPolicy:
        restore === undefined ? WorkflowIdConflictPolicy.USE_EXISTING : WorkflowIdConflictPolicy.FAIL,
      staticSummary: `${pipeline} ${date}, ${restore === undefined ? 'by hand' : 'restored by hand'}`,
      memo: startedByHand(restore === undefined ? 'by hand' : 'restore', { force, accept, restore }),
      typedSearchAttributes: [
        { key: pipelineAttribute, value: pipeline },
        { key: dateAttribute, value: date },
      ],
    });
  } catch (cause) {
    if (!(cause instanceof WorkflowExecutionAlreadyStartedError)) throw cause;
    throw new DaybreakError('ALREADY_RUNNING', {
      what: `${workflowId} is under way`,
      remedy: 'Wait for its end, or cancel it in the Temporal UI.',
      cause,
    });
  }
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
    const line = describeActivities(activities);
    if (line !== last && line !== '') tell(line);
    last = line;
  });
}
