import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { requireOver, type BusinessDate } from '../../domain/business-date';
import { dailyBatchId, type DailyBatchInput, type DailyBatchResult } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { markdown } from '../../domain/markdown';
import { dateAttribute, pipelineAttribute } from '../../domain/search-attributes';
import { TASK_QUEUES } from '../../domain/task-queues';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { loadPipelineNamed } from '../../engines/load-pipeline';
import type { Config } from '../../worker/config';
import type { dailyBatch } from '../../workflows';
import { follow, requireWorker, type RunningActivity } from './follow';
import { describeActivities } from '../output/describe/describe-activities';
import { runAgain } from './remedies';
import { requireReadable } from './require-readable';
import { startedByHand } from './started-by-hand';

/**
 * Loads the pipeline of that name, before anything is started. Returns undefined if a table cannot be read: the gate
 * refuses that, so that the run records it.
 */
async function requirePipeline(
  { pipelines }: Config,
  name: string,
  date: BusinessDate,
): Promise<LoadedPipeline | undefined> {
  try {
    return await loadPipelineNamed(pipelines, name, date);
  } catch (thrown) {
    if (thrown instanceof DaybreakError && thrown.code === 'BAD_TABLE') return undefined;
    throw thrown;
  }
}

/**
 * Loads the pipeline whose day is to be run. Throws BAD_DATE for a day that is not over in its zone. The run itself
 * would do so only after its start.
 */
export async function requireRunnable(config: Config, name: string, date: BusinessDate): Promise<void> {
  const loaded = await requirePipeline(config, name, date);
  if (loaded !== undefined) requireOver(date, loaded.pipeline.timeZone, new Date());
}

/** A day's run. If it was already under way, also the time of its start. */
export interface StartedDay {
  readonly handle: WorkflowHandle<typeof dailyBatch>;
  readonly joined?: Date;
}

/**
 * Starts the day's run, or joins the one that is under way: a day has one run at a time. A restore joins none, and
 * throws ALREADY_RUNNING instead.
 */
export async function startDay(client: Client, input: DailyBatchInput): Promise<StartedDay> {
  const { pipeline, date, restore, force, accept } = input;
  await requireReadable(client, pipeline);
  await requireWorker(client, TASK_QUEUES.batch);
  const workflowId = dailyBatchId(pipeline, date);
  try {
    const handle = await client.workflow.start<typeof dailyBatch>('dailyBatch', {
      taskQueue: TASK_QUEUES.batch,
      workflowId,
      args: [input],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
      staticSummary: markdown`${pipeline} ${date}, ${restore === undefined ? 'by hand' : 'restored by hand'}`.text,
      memo: startedByHand(restore === undefined ? 'by hand' : 'restore', { force, accept, restore }),
      typedSearchAttributes: [
        { key: pipelineAttribute, value: pipeline },
        { key: dateAttribute, value: date },
      ],
    });
    return { handle };
  } catch (cause) {
    if (!(cause instanceof WorkflowExecutionAlreadyStartedError)) throw cause;
    if (restore === undefined) {
      const { runId, startTime } = await client.workflow.getHandle(workflowId).describe();
      return { handle: client.workflow.getHandle<typeof dailyBatch>(workflowId, runId), joined: startTime };
    }
    throw new DaybreakError('ALREADY_RUNNING', {
      what: `${workflowId} runs already`,
      remedy: 'Wait until it ends, or cancel it in the Temporal UI.',
      cause,
    });
  }
}

/** The command that runs the day with these options. */
export function runCommand({ pipeline, date, ...options }: DailyBatchInput): string {
  return [runAgain(pipeline, date), ...optionsOf(options)].join(' ');
}

function optionsOf({ accept = [], force = false }: Pick<DailyBatchInput, 'accept' | 'force'>): string[] {
  return [...(force ? ['--force'] : []), ...(accept.length > 0 ? [`--accept ${accept.join(' ')}`] : [])];
}

/** The warning of a command that joined a run: the run keeps the options that it was started with. */
export function joinedWarning(since: Date, input: DailyBatchInput): string {
  const options = optionsOf(input).join(' ');
  const under = `A run of ${input.date} is under way since ${since.toISOString()}: following it, with the options it has`;
  if (options === '') return `${under}.`;
  return `${under}. Your ${options} has no effect on it; once it has ended: ${runCommand(input)}`;
}

/** Follows a day's run to its end. Reports each step and what the run waits for. */
export async function followDay({ handle }: StartedDay, report: (line: string) => void): Promise<DailyBatchResult> {
  let last = '';
  const reportStep = (activities: readonly RunningActivity[]): void => {
    const line = describeActivities(activities);
    if (line !== last && line !== '') report(line);
    last = line;
  };
  return follow<DailyBatchResult>(handle, reportStep, report);
}
