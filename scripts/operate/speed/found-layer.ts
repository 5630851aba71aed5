import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow';
import { temporal } from '@temporalio/proto';
import { DaybreakError } from '../../../domain/errors';
import { speedLayerId } from '../../../domain/speed-layer';

/** What is found of a speed layer before it is started. */
export type FoundLayer =
  | { readonly is: 'absent' | 'running' }
  /** @property how as Temporal names it: 'FAILED', 'CANCELLED', 'TERMINATED', … */
  | { readonly is: 'ended'; readonly how: string }
  /** It runs, but its workflow tasks fail, so it starts nothing and does not answer. */
  | { readonly is: 'stuck'; readonly since: string; readonly reason: string };

export function describeStuck({ since, reason }: FoundLayer & { readonly is: 'stuck' }): string {
  return `the tasks of its workflow have failed since ${since}: ${reason}`;
}

/** What to do about a layer that is stuck. */
export function unstuck(pipeline: string, { reason }: FoundLayer & { readonly is: 'stuck' }): string {
  if (reason.startsWith('BAD_CONFIGURATION: '))
    return 'Do this where its workers run, and start them again. Then the layer goes on by itself.';
  return `Run the newest version of Daybreak in its workers; if that does not help, end the layer and start another one: npx daybreak speed start --pipeline ${pipeline} --anew (with --shards if it had several)`;
}

/** How many of the last events are searched for the reason of a failed task. */
const EVENTS = 20;
const { EVENT_TYPE_WORKFLOW_TASK_COMPLETED, EVENT_TYPE_WORKFLOW_TASK_FAILED } = temporal.api.enums.v1.EventType;

export async function findLayer(client: Client, pipeline: string): Promise<FoundLayer> {
  const handle = client.workflow.getHandle(speedLayerId(pipeline));
  try {
    const { status, runId, raw } = await handle.describe();
    if (status.name !== 'RUNNING') return { is: 'ended', how: status.name };
    // A failed task is tried again without another event in the history.
    if ((raw.pendingWorkflowTask?.attempt ?? 1) < 2) return { is: 'running' };
    return (await failedTask(client, handle.workflowId, runId)) ?? { is: 'running' };
  } catch (thrown) {
    if (thrown instanceof WorkflowNotFoundError) return { is: 'absent' };
    throw thrown;
  }
}

/**
 * The failure of the last workflow task. Undefined if it did not fail, for example because its worker was only slow.
 */
async function failedTask(client: Client, workflowId: string, runId: string): Promise<FoundLayer | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: EVENTS,
  });
  for (const { eventType, eventTime, workflowTaskFailedEventAttributes: failed } of history?.events ?? []) {
    if (eventType === EVENT_TYPE_WORKFLOW_TASK_COMPLETED) return undefined;
    if (eventType !== EVENT_TYPE_WORKFLOW_TASK_FAILED) continue;
    const since = new Date(Number(eventTime?.seconds ?? 0) * 1_000).toISOString();
    return { is: 'stuck', since, reason: await reasonOf(client, failed?.failure) };
  }
  return undefined;
}

/** The message of the failure. It is also decoded if the codec encrypted it and this process has the key. */
async function reasonOf(client: Client, failure: temporal.api.failure.v1.IFailure | null | undefined): Promise<string> {
  const message = failure?.message ?? 'no reason given';
  try {
    const error = await decodeOptionalFailureToOptionalError(client.options.loadedDataConverter, failure);
    return error?.message ?? message;
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError)) throw thrown;
    return `${message}, which cannot be read here: ${thrown.what}`;
  }
}
