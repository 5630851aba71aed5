import { WorkflowIdConflictPolicy, WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { DaybreakError } from '../../../domain/errors';
import { markdown } from '../../../domain/markdown';
import { pipelineAttribute } from '../../../domain/search-attributes';
import { speedLayerId, type SpeedLayerStatus } from '../../../domain/speed-layer';
import { type KnownOffset, knownOffsetSchema } from '../../../domain/speed-shard';
import { TASK_QUEUES } from '../../../domain/task-queues';
import type { speedLayer } from '../../../workflows';
import { follow, hasWorker, requireWorker, type RunningActivity } from '../follow';
import { describeStuck, findLayer, unstuck, type FoundLayer } from './found-layer';
import { requireReadable } from '../require-readable';
import { startedByHand } from '../started-by-hand';
import { describeStillRunning } from './still-running';

export interface StartOptions {
  readonly pipeline: string;
  readonly shards: number;
  /** Whether a running layer is ended first, without waiting for its shards. Default false. */
  readonly anew?: boolean;
}

/**
 * Starts the speed layer, with what the layer before it has committed; one that already runs goes on unchanged.
 * Returns what it found. Throws ALREADY_RUNNING if it finds one that is stuck, and NOT_RUNNING if there is no worker.
 */
export async function startSpeedLayer(
  client: Client,
  { pipeline, shards, anew = false }: StartOptions,
): Promise<FoundLayer> {
  await requireReadable(client, pipeline);
  await requireWorker(client, TASK_QUEUES.speed);
  const found = anew ? await findLayer(client, pipeline) : await findUnstuck(client, pipeline, 'ALREADY_RUNNING');
  const isReplaced = found.is === 'ended' || (anew && found.is !== 'absent');
  const known = isReplaced ? await knownBefore(client, pipeline) : [];
  await client.workflow.start<typeof speedLayer>('speedLayer', {
    taskQueue: TASK_QUEUES.speed,
    workflowId: speedLayerId(pipeline),
    args: [{ pipeline, shards, ...(known.length > 0 && { known }) }],
    workflowIdConflictPolicy: anew
      ? WorkflowIdConflictPolicy.TERMINATE_EXISTING
      : WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: markdown`${pipeline}, realtime`.text,
    memo: startedByHand('by hand', { shards }),
    typedSearchAttributes: [{ key: pipelineAttribute, value: pipeline }],
  });
  return found;
}

const KNOWN_WITHIN_MILLISECONDS = 15_000;
const statusBefore = z.object({ known: z.array(knownOffsetSchema).default([]) });

/**
 * What the layer before this one has committed: Kafka forgets it a week after the last commit. A layer that has ended
 * answers, too, as long as Temporal keeps it. Nothing is known if it does not answer.
 */
async function knownBefore(client: Client, pipeline: string): Promise<readonly KnownOffset[]> {
  const handle = client.workflow.getHandle(speedLayerId(pipeline));
  const status = await client
    .withDeadline(Date.now() + KNOWN_WITHIN_MILLISECONDS, () => handle.query<SpeedLayerStatus>('status'))
    .catch(() => undefined);
  return statusBefore.safeParse(status).data?.known ?? [];
}

/** How long a stuck layer may take to recover with the worker that runs now. */
const UNSTUCK_MILLISECONDS = 15_000;

/** Returns what it found. Throws with this code if the layer is stuck, and the worker that runs now does not help. */
export async function findUnstuck(
  client: Client,
  pipeline: string,
  code: 'ALREADY_RUNNING' | 'NOT_RUNNING',
): Promise<FoundLayer> {
  const deadline = performance.now() + UNSTUCK_MILLISECONDS;
  for (;;) {
    const found = await findLayer(client, pipeline);
    if (found.is !== 'stuck') return found;
    if (performance.now() > deadline) {
      throw new DaybreakError(code, {
        what: `the speed layer of ${pipeline} exists, but ${describeStuck(found)}`,
        remedy: unstuck(pipeline, found),
      });
    }
    await sleep(500);
  }
}

/** What a start did, depending on what it found. */
export function describeStart(found: FoundLayer, anew: boolean): string {
  switch (found.is) {
    case 'absent':
      return 'started';
    case 'ended':
      return `started; the one before it ended as ${found.how}`;
    case 'running':
      return anew ? 'ended the one that ran, and started anew' : 'runs already, and goes on as it is';
    case 'stuck':
      return `ended the one whose tasks failed since ${found.since} (${found.reason}), and started anew`;
  }
}

export interface StopOptions {
  /**
   * Ends the workflow without its shards, for example if no worker is left. Default: it ends after they have committed.
   */
  readonly now: boolean;
  /** Called with a line whenever it waits for something else. */
  readonly show: (line: string) => void;
}

const HINT_AFTER_MILLISECONDS = 20_000;

/**
 * Ends the speed layer and waits until it has ended. Its shards commit what they have. Also with `now` no row is lost
 * or doubled, since a shard's rows and offsets are one transaction. Throws NOT_RUNNING if it does not run, or if there
 * is no worker to end it.
 */
export async function stopSpeedLayer(client: Client, pipeline: string, { now, show }: StopOptions): Promise<void> {
  const handle = client.workflow.getHandle(speedLayerId(pipeline));
  const atOnce = `npx daybreak speed stop --pipeline ${pipeline} --now`;
  if (!(await isRunning(handle))) {
    throw new DaybreakError('NOT_RUNNING', {
      what: `the speed layer of ${pipeline} does not run`,
      remedy: `There is nothing to stop. To start the layer: npx daybreak speed start --pipeline ${pipeline}`,
    });
  }
  if (now) {
    await handle.terminate('daybreak speed stop --now');
    return;
  }
  if (!(await hasWorker(client, TASK_QUEUES.speed))) {
    throw new DaybreakError('NOT_RUNNING', {
      what: `no worker serves task queue ${TASK_QUEUES.speed}, so the speed layer of ${pipeline} cannot end by itself`,
      remedy: `Start a worker (npx daybreak worker --role speed), or end the layer at once: ${atOnce}`,
    });
  }
  await handle.cancel();
  let last = '';
  const once = (line: string): void => {
    if (line !== last) show(line);
    last = line;
  };
  const hint = setTimeout(() => {
    show(`Not ended yet. Ctrl-C ends this command only, the stop goes on. To end it at once: ${atOnce}`);
  }, HINT_AFTER_MILLISECONDS);
  try {
    const report = (activities: readonly RunningActivity[]): void => {
      const running = describeStillRunning(activities);
      if (running !== '') once(`stopping; still running: ${running}`);
    };
    await follow(handle, report, show);
  } catch (thrown) {
    // It has ended, in whatever way.
    if (await isRunning(handle)) throw thrown;
  } finally {
    clearTimeout(hint);
  }
}

async function isRunning(handle: WorkflowHandle): Promise<boolean> {
  try {
    return (await handle.describe()).status.name === 'RUNNING';
  } catch (thrown) {
    if (thrown instanceof WorkflowNotFoundError) return false;
    throw thrown;
  }
}

/** Calls a method of the speed layer's handle. Throws NOT_RUNNING if it does not run. */
export async function withSpeedLayer<T>(
  client: Client,
  pipeline: string,
  call: (handle: WorkflowHandle<typeof speedLayer>) => Promise<T>,
): Promise<T> {
  try {
    return await call(client.workflow.getHandle<typeof speedLayer>(speedLayerId(pipeline)));
  } catch (cause) {
    if (!(cause instanceof WorkflowNotFoundError)) throw cause;
    throw new DaybreakError('NOT_RUNNING', {
      what: `the speed layer of ${pipeline} does not run`,
      remedy: `Start it: npx daybreak speed start --pipeline ${pipeline}`,
      cause,
    });
  }
}
