import {
  WorkflowFailedError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
// The SDK has no public way to decode the payloads of a description.
import {
  decodeOptionalFailureToOptionalError,
  decodeOptionalSinglePayload,
} from '@temporalio/common/lib/internal-non-workflow';
import { temporal } from '@temporalio/proto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaybreakError } from '../../domain/errors';
import { hasGoneOn } from './gone-on';
import { failureOf } from './workflow-failure';

/** An activity that runs now, according to Temporal. */
export interface RunningActivity {
  readonly name: string;
  readonly attempt: number;
  /** The details of its last heartbeat; undefined before the first. */
  readonly details: unknown;
  /** Why the last attempt failed. Undefined once the activity has gone on. */
  readonly lastFailure: string | undefined;
  /** ISO 8601, the time of its last heartbeat; absent before the first. */
  readonly heartbeatAt?: string;
  /** ISO 8601: since when no worker has taken it up; absent if one has, or if its next attempt is not due yet. */
  readonly waitsSince?: string;
}

/** What a workflow's activities do now. */
export async function runningActivities(handle: WorkflowHandle): Promise<RunningActivity[]> {
  return activitiesOf(handle, await handle.describe());
}

async function activitiesOf(handle: WorkflowHandle, { raw }: WorkflowExecutionDescription): Promise<RunningActivity[]> {
  const { loadedDataConverter: converter } = handle.client.options;
  // Temporal gives them in any order. The same activities must make the same text. Their ids are numbers.
  const all = [...(raw.pendingActivities ?? [])].sort((a, b) => Number(a.activityId) - Number(b.activityId));
  return Promise.all(
    all.map(async (pending) => {
      const { activityType, attempt, heartbeatDetails, lastFailure, lastHeartbeatTime } = pending;
      const details = await decodeOptionalSinglePayload<unknown>(converter, heartbeatDetails?.payloads?.[0]);
      const heartbeatAt = isoOf(lastHeartbeatTime);
      const waitsSince = isNotTaken(pending) ? isoOf(pending.scheduledTime) : undefined;
      const failure = await decodeOptionalFailureToOptionalError(converter, lastFailure);
      return {
        name: activityType?.name ?? '',
        attempt: attempt ?? 1,
        details,
        lastFailure: hasGoneOn(pending, details) ? undefined : failure?.message,
        ...(heartbeatAt !== undefined && { heartbeatAt }),
        ...(waitsSince !== undefined && { waitsSince }),
      };
    }),
  );
}

function isoOf(time: { seconds?: unknown } | null | undefined): string | undefined {
  const seconds = Number(time?.seconds ?? 0);
  return seconds === 0 ? undefined : new Date(seconds * 1_000).toISOString();
}

const { PENDING_WORKFLOW_TASK_STATE_SCHEDULED } = temporal.api.enums.v1.PendingWorkflowTaskState;
const { PENDING_ACTIVITY_STATE_SCHEDULED } = temporal.api.enums.v1.PendingActivityState;

/** Whether a workflow can only go on when a worker takes up one of its tasks. */
function waitsForWorker({ raw }: WorkflowExecutionDescription): boolean {
  if (raw.pendingWorkflowTask?.state === PENDING_WORKFLOW_TASK_STATE_SCHEDULED) return true;
  const activities = raw.pendingActivities ?? [];
  return activities.length > 0 && activities.every(isNotTaken);
}

/** Whether an activity can only go on when a worker takes it up. A retry that is not due yet waits for its time. */
function isNotTaken({ state, nextAttemptScheduleTime: due }: temporal.api.workflow.v1.IPendingActivityInfo): boolean {
  return state === PENDING_ACTIVITY_STATE_SCHEDULED && (due ?? null) === null;
}

/**
 * Waits for a workflow's result and reports once a second what it is doing. If the workflow fails, throws a
 * DaybreakError, with the code of the failure if it has one.
 *
 * @param say called with a line when no worker goes on with it.
 */
export async function follow<T>(
  handle: WorkflowHandle,
  report: (activities: readonly RunningActivity[]) => void,
  say: (line: string) => void,
): Promise<T> {
  const result = handle.result().catch((thrown: unknown) => {
    throw thrown instanceof WorkflowFailedError ? failureOf(handle.workflowId, thrown) : thrown;
  });
  const poll = async (): Promise<RunningActivity[] | undefined> => {
    const description = await handle.describe();
    return waitsForWorker(description) ? undefined : activitiesOf(handle, description);
  };
  return (await reportUntil(handle, result, { poll, report, say })) as T;
}

export interface Reported<P> {
  /** Undefined, or an error, while no worker answers for the workflow. */
  readonly poll: () => Promise<P | undefined>;
  readonly report: (found: P) => void;
  /** Called with a line each time that no worker has answered for some seconds. */
  readonly say: (line: string) => void;
  /** What Ctrl-C does meanwhile, in a sentence. Default: what was started goes on. */
  readonly onCtrlC?: string;
}

const SILENT_MILLISECONDS = 5_000;

/** Waits for the result, and meanwhile reports once a second what a poll finds. */
export async function reportUntil<T, P>(
  handle: Pick<WorkflowHandle, 'workflowId' | 'describe'>,
  result: Promise<T>,
  { poll, report, say, onCtrlC = 'Ctrl-C ends only this command: what it started goes on.' }: Reported<P>,
): Promise<T> {
  const ending = new AbortController();
  const sayWaiting = async (): Promise<void> => {
    const { taskQueue } = await handle.describe();
    if (ending.signal.aborted) return;
    say(
      `waiting for a worker: none has answered for ${handle.workflowId} in the last ${SILENT_MILLISECONDS / 1_000} s. ` +
        `See that one serves task queue ${taskQueue} (npx daybreak worker). One that does may have other work first. ${onCtrlC}`,
    );
  };
  // Neither this nor a report is needed. The result decides, and fails if Temporal is away.
  const silence = setTimeout(() => void sayWaiting().catch(() => undefined), SILENT_MILLISECONDS);
  const reporting = (async () => {
    while (!ending.signal.aborted) {
      const found = await poll().catch(() => undefined);
      if (found !== undefined) {
        silence.refresh();
        report(found);
      }
      await sleep(1_000, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  })();
  try {
    return await result;
  } finally {
    clearTimeout(silence);
    ending.abort();
    await reporting;
  }
}

/** How long it may take until Temporal sees a worker that has just started. */
const WORKER_SEEN_WITHIN_MILLISECONDS = 10_000;
/** A worker polls at least once a minute. Temporal lists a worker for minutes after its last poll. */
const POLLER_GONE_MILLISECONDS = 90_000;

/** Whether a worker serves the task queue, according to Temporal. A worker that died recently counts. */
export async function hasWorker(client: Client, taskQueue: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
  });
  return pollers.some(
    ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < POLLER_GONE_MILLISECONDS,
  );
}

/** Throws NOT_RUNNING if no worker serves the task queue, so that no run is started that nobody executes. */
export async function requireWorker(client: Client, taskQueue: string): Promise<void> {
  const deadline = Date.now() + WORKER_SEEN_WITHIN_MILLISECONDS;
  while (Date.now() < deadline) {
    if (await hasWorker(client, taskQueue)) return;
    await sleep(300);
  }
  throw new DaybreakError('NOT_RUNNING', {
    what: `no worker serves task queue ${taskQueue}`,
    remedy: 'Start one: npx daybreak worker',
  });
}
