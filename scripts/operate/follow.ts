import { WorkflowFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { TemporalFailure, ApplicationFailure, TimeoutFailure, CancelledFailure } from '@temporalio/common';
// The SDK has no public way to decode what a description holds.
import {
  decodeOptionalFailureToOptionalError,
  decodeOptionalSinglePayload,
} from '@temporalio/common/lib/internal-non-workflow';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaybreakError, ERROR_CODES, messageOf, type ErrorCode } from '../../domain/errors';
import { hasGoneOn } from './gone-on';

/** An activity that runs now, as far as Temporal knows. */
export interface RunningActivity {
  readonly name: string;
  readonly attempt: number;
  /** The details of its last heartbeat, undefined before the first. */
  readonly details: unknown;
  /** Why the last attempt failed, until the activity has gone on. */
  readonly lastFailure: string | undefined;
  /** ISO 8601: when its last heartbeat came; absent before the first. */
  readonly toldAt?: string;
}

/** What a workflow's activities do at this moment. */
export async function runningActivities(handle: WorkflowHandle): Promise<RunningActivity[]> {
  const { raw } = await handle.describe();
  const { loadedDataConverter: converter } = handle.client.options;
  return Promise.all(
    (raw.pendingActivities ?? []).map(async (pending) => {
      const { activityType, attempt, heartbeatDetails, lastFailure, lastHeartbeatTime } = pending;
      const details = await decodeOptionalSinglePayload<unknown>(converter, heartbeatDetails?.payloads?.[0]);
      const toldAt = isoOf(lastHeartbeatTime);
      const failure = await decodeOptionalFailureToOptionalError(converter, lastFailure);
      return {
        name: activityType?.name ?? '',
        attempt: attempt ?? 1,
        details,
        lastFailure: hasGoneOn(pending, details) ? undefined : failure?.message,
        ...(toldAt !== undefined && { toldAt }),
      };
    }),
  );
}

function isoOf(time: { seconds?: unknown } | null | undefined): string | undefined {
  const seconds = Number(time?.seconds ?? 0);
  return seconds === 0 ? undefined : new Date(seconds * 1_000).toISOString();
}

/**
 * Waits for a workflow's result and reports at intervals what it does. A failure of the workflow becomes a
 * DaybreakError of the same code where it carries one.
 */
export async function follow<T>(
  handle: WorkflowHandle,
  tell: (activities: readonly RunningActivity[]) => void,
): Promise<T> {
  const ending = new AbortController();
  const telling = (async () => {
    while (!ending.signal.aborted) {
      // These reports are optional: the result decides, and fails if Temporal is away.
      await runningActivities(handle).then(tell, () => undefined);
      await sleep(1_000, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  })();
  try {
    return (await handle.result()) as T;
  } catch (thrown) {
    throw thrown instanceof WorkflowFailedError ? failureOf(handle.workflowId, thrown) : thrown;
  } finally {
    ending.abort();
    await telling;
  }
}

/** The DaybreakError of a workflow that failed, of the same code where it carries one. */
export function failureOf(workflowId: string, { cause }: WorkflowFailedError): DaybreakError {
  const innermost = innermostFailure(cause);
  const code = innermost instanceof ApplicationFailure ? innermost.type : undefined;
  const remedy = `See workflow ${workflowId} in the Temporal UI.`;
  if (innermost instanceof CancelledFailure) {
    return new DaybreakError('CANCELLED', { what: `workflow ${workflowId} was cancelled`, remedy, cause });
  }
  return new DaybreakError(isErrorCode(code) ? code : 'ENGINE_FAILED', {
    // It holds the activity's remedy, and ends with it.
    what: messageOf(innermost).replace(/\.$/, ''),
    remedy,
  });
}

/** Failures of workflows and activities wrap what happened: the last cause that is not the SDK's own is reported. */
function innermostFailure(failure: unknown): unknown {
  if (failure instanceof ApplicationFailure || failure instanceof TimeoutFailure) return failure;
  return failure instanceof TemporalFailure && failure.cause !== undefined ? innermostFailure(failure.cause) : failure;
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && code in ERROR_CODES;
}

/** How long a worker that just came up may take to be seen by Temporal. */
const WORKER_PATIENCE_MILLISECONDS = 10_000;
/** A worker asks for work at least once a minute; Temporal lists one for minutes after its last question. */
const POLLER_GONE_MILLISECONDS = 90_000;

/** Whether a worker serves the task queue, as far as Temporal knows: one that died lately counts. */
export async function hasWorker(client: Client, taskQueue: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
  });
  return pollers.some(
    ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < POLLER_GONE_MILLISECONDS,
  );
}

/** Throws NOT_RUNNING where no worker serves the task queue, so that a run is not started into the void. */
export async function requireWorker(client: Client, taskQueue: string): Promise<void> {
  const deadline = Date.now() + WORKER_PATIENCE_MILLISECONDS;
  while (Date.now() < deadline) {
    if (await hasWorker(client, taskQueue)) return;
    await sleep(300);
  }
  throw new DaybreakError('NOT_RUNNING', {
    what: `no worker serves task queue ${taskQueue}`,
    remedy: 'Start one: npx daybreak worker',
  });
}
