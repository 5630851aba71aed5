import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { backfillId, type BackfillInput, type BackfillProgress, type BackfillResult } from '../../domain/backfill';
import { DaybreakError } from '../../domain/errors';
import { markdown } from '../../domain/markdown';
import { pipelineAttribute } from '../../domain/search-attributes';
import { TASK_QUEUES } from '../../domain/task-queues';
import type { backfill } from '../../workflows';
import { hasWorker, reportUntil, requireWorker, type Reported } from './follow';
import { requireReadable } from './require-readable';
import { startedByHand } from './started-by-hand';
import { failureOf } from './workflow-failure';

export interface StartedBackfill {
  readonly handle: WorkflowHandle<typeof backfill>;
  /** A backfill of the same range was under way. Its options hold, not the ones given now. */
  readonly joined: boolean;
}

/** Starts the backfill of a range, or joins the one that is under way. */
export async function startBackfill(client: Client, input: BackfillInput): Promise<StartedBackfill> {
  await requireReadable(client, input.pipeline);
  // A worker of an earlier release has no queue for backfills.
  const taskQueue = (await hasWorker(client, TASK_QUEUES.backfill)) ? TASK_QUEUES.backfill : TASK_QUEUES.batch;
  await requireWorker(client, taskQueue);
  const workflowId = backfillId(input.pipeline, input.from, input.to);
  const { only, parallel } = input;
  try {
    const handle = await client.workflow.start<typeof backfill>('backfill', {
      taskQueue,
      workflowId,
      args: [input],
      staticSummary: markdown`${input.pipeline} ${input.from} … ${input.to}, ${only ?? 'missing'} days`.text,
      memo: startedByHand('by hand', { only, parallel }),
      typedSearchAttributes: [{ key: pipelineAttribute, value: input.pipeline }],
    });
    return { handle, joined: false };
  } catch (thrown) {
    if (!(thrown instanceof WorkflowExecutionAlreadyStartedError)) throw thrown;
    return { handle: client.workflow.getHandle<typeof backfill>(workflowId), joined: true };
  }
}

/** Waits for the end and reports the progress. Failed days are in the result; they throw nothing. */
export function followBackfill(
  { handle }: StartedBackfill,
  shown: Pick<Reported<BackfillProgress>, 'report' | 'say'>,
): Promise<BackfillResult> {
  const poll = (): Promise<BackfillProgress> => handle.query<BackfillProgress>('progress');
  return reportUntil(handle, resultOf(handle), { poll, ...shown });
}

async function resultOf(handle: StartedBackfill['handle']): Promise<BackfillResult> {
  try {
    return await handle.result();
  } catch (thrown) {
    if (!(thrown instanceof WorkflowFailedError)) throw thrown;
    const { cause } = thrown;
    // The workflow itself failed: the details of its failure are the result.
    if (cause instanceof ApplicationFailure && cause.type === 'DAYS_FAILED')
      return cause.details?.[0] as BackfillResult;
    throw failureOf(handle.workflowId, thrown);
  }
}

/** Cancels the backfill of a range. Its running days end first. Throws NOT_RUNNING if none is under way. */
export async function cancelBackfill(client: Client, { pipeline, from, to }: BackfillInput): Promise<string> {
  const workflowId = backfillId(pipeline, from, to);
  const handle = client.workflow.getHandle(workflowId);
  try {
    const { status } = await handle.describe();
    if (status.name !== 'RUNNING') {
      throw new DaybreakError('NOT_RUNNING', {
        what: `${workflowId} has ended already, as ${status.name}`,
        remedy: 'There is nothing to cancel.',
      });
    }
    await handle.cancel();
    return workflowId;
  } catch (thrown) {
    if (!(thrown instanceof WorkflowNotFoundError)) throw thrown;
    throw new DaybreakError('NOT_RUNNING', {
      what: `there is no backfill ${workflowId} to cancel: Temporal does not know it`,
      remedy: 'Give the range with which you started it.',
    });
  }
}
