import { ServiceError, WorkflowFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { shardHeartbeats } from '../../../activities/speed/shard-heartbeats';
import { DaybreakError, messageOf } from '../../../domain/errors';
import { checksOf, type PartitionProgress, type RunChecks, withoutRate } from '../../../domain/speed-shard';
import { counted } from '../../../domain/counted';
import { failureText, type SpeedLayerStatus } from '../../../domain/speed-layer';
import { hasWorker, runningActivities, type RunningActivity } from '../follow';
import { describeStuck, findLayer, unstuck } from './found-layer';
import { activitySummary } from '../../output/describe/describe-activities';
import { withSpeedLayer } from './speed-layer';
import { failureOf } from '../workflow-failure';

/** The speed layer as its workflow and its shards' heartbeats report it. */
export interface SpeedView extends Omit<SpeedLayerStatus, 'state' | 'shards' | 'known'> {
  /** `unknown`: its workflow does not answer; `unanswered` says why. */
  readonly state: SpeedLayerStatus['state'] | 'unknown';
  /** Undefined if the state is unknown. */
  readonly shards: number | undefined;
  readonly unanswered?: Unanswered;
  /** By partition; empty until a shard has reported something. */
  readonly partitions: readonly PartitionProgress[];
  /** What the checks of the pipeline found in all partitions. Absent without checks. */
  readonly checks?: RunChecks;
  /** ISO 8601, the time of the last heartbeat of a shard; absent before the first. */
  readonly toldAt?: string;
  /**
   * What keeps a part of the layer from going on, with the number of attempts. First what the workflow tries again,
   * then what Temporal tries again, and last the shards that wait for a worker.
   */
  readonly troubles: readonly string[];
}

/** Why a layer does not run that nobody stopped in order. Its code is NOT_RUNNING. */
export class EndedLayer extends DaybreakError {}

/** Throws NOT_RUNNING if the speed layer does not run. That is an EndedLayer, with the reason, if nobody stopped it. */
export async function speedView(client: Client, pipeline: string): Promise<SpeedView> {
  return withSpeedLayer(client, pipeline, async (handle) => {
    // A workflow that has ended still answers queries, with its last state.
    const taskQueue = await requireRunning(handle, pipeline);
    // Heartbeats are read after the answer, because the answer can take a while. Otherwise live shards would look old.
    const status = await queriedStatus(client, pipeline, { handle, taskQueue });
    const [{ partitions }, activities] = await Promise.all([
      shardHeartbeats(client, handle.workflowId),
      runningActivities(handle),
    ]);
    const [toldAt] = activities
      .flatMap(({ name, heartbeatAt: at }) => (name === 'runSpeedShard' && at !== undefined ? [at] : []))
      .sort()
      .reverse();
    const checks = checksOf(partitions);
    return {
      ...status,
      ...(checks !== undefined && { checks }),
      partitions: isSilent(toldAt) ? withoutRate(partitions) : partitions,
      ...(toldAt !== undefined && { toldAt }),
      troubles: [
        ...(status.failures ?? []).map((failure) => `${failure.part} ${failureText(failure)}`),
        ...activities
          .filter(({ lastFailure }) => lastFailure !== undefined)
          .map(({ name, attempt, lastFailure }) => `${activitySummary(name)}, try ${attempt}: ${lastFailure ?? ''}`),
        ...(status.unanswered === undefined ? waitingShards(activities) : []),
      ],
    };
  });
}

/** A worker with a free slot takes a shard up at once. */
const TAKEN_MILLISECONDS = 10_000;

function waitingShards(activities: readonly RunningActivity[]): string[] {
  const [since, ...others] = activities
    .flatMap(({ name, waitsSince }) => (name === 'runSpeedShard' && waitsSince !== undefined ? [waitsSince] : []))
    .filter((at) => Date.now() - Date.parse(at) > TAKEN_MILLISECONDS)
    .sort();
  if (since === undefined) return [];
  const waiting = others.length === 0 ? '1 shard waits' : `${counted(others.length + 1, 'shard')} wait`;
  return [
    `${waiting} for a free slot of a worker, since ${since}: nobody reads their partitions. Start another worker ` +
      '(npx daybreak worker --role speed), or raise DAYBREAK_SPEED_SLOTS of those that run.',
  ];
}

/**
 * Shards send a heartbeat once a second. After 15 seconds without one, by the clock of this machine, a shard counts as
 * missing.
 */
const SILENT_MILLISECONDS = 15_000;

function isSilent(toldAt: string | undefined): boolean {
  return toldAt === undefined || Date.now() - Date.parse(toldAt) > SILENT_MILLISECONDS;
}

/** Why a running workflow does not answer. */
export interface Unanswered {
  readonly what: string;
  readonly remedy: string;
}

/** For ten seconds Temporal asks the worker that ran the workflow last, which may be dead. Then it asks another one. */
const ANSWER_MILLISECONDS = 15_000;

/** What the workflow reports. Only a worker can answer for it. */
async function queriedStatus(
  client: Client,
  pipeline: string,
  { handle, taskQueue }: { readonly handle: WorkflowHandle; readonly taskQueue: string },
): Promise<Omit<SpeedView, 'partitions' | 'troubles'>> {
  const unknown = { pipeline, state: 'unknown', shards: undefined, supervisor: undefined } as const;
  if (!(await hasWorker(client, taskQueue))) {
    const remedy = 'Start one: npx daybreak worker --role speed';
    return { ...unknown, unanswered: { what: `no worker serves task queue ${taskQueue}`, remedy } };
  }
  try {
    const deadline = Date.now() + ANSWER_MILLISECONDS;
    return withoutKnown(await client.withDeadline(deadline, () => handle.query<SpeedLayerStatus>('status')));
  } catch (thrown) {
    if (!(thrown instanceof ServiceError)) throw thrown;
    return { ...unknown, unanswered: await whyUnanswered(client, pipeline, taskQueue) };
  }
}

/** The known offsets are for the layer after it alone. */
function withoutKnown({ known: _known, ...status }: SpeedLayerStatus): Omit<SpeedLayerStatus, 'known'> {
  return status;
}

async function whyUnanswered(client: Client, pipeline: string, taskQueue: string): Promise<Unanswered> {
  const found = await findLayer(client, pipeline);
  if (found.is === 'stuck') return { what: describeStuck(found), remedy: unstuck(pipeline, found) };
  return {
    what: `no worker answered for the layer within ${ANSWER_MILLISECONDS / 1_000} s, although one served task queue ${taskQueue} a short time ago`,
    remedy: `Check that the worker still runs, and read its log. To start one: npx daybreak worker --role speed`,
  };
}

/** How a workflow ends that somebody stops. */
const STOPPED: readonly string[] = ['COMPLETED', 'CANCELLED'];

/** The task queue of a layer. Throws if the layer does not run. */
async function requireRunning(handle: WorkflowHandle, pipeline: string): Promise<string> {
  const { status, taskQueue } = await handle.describe();
  if (status.name === 'RUNNING') return taskQueue;
  const remedy = `Start it: npx daybreak speed start --pipeline ${pipeline}`;
  if (status.name !== 'FAILED') {
    const what = `the speed layer of ${pipeline} does not run (${status.name.toLowerCase().replaceAll('_', ' ')})`;
    const Ended = STOPPED.includes(status.name) ? DaybreakError : EndedLayer;
    throw new Ended('NOT_RUNNING', { what, remedy });
  }
  const failure = await handle.result().then(
    () => undefined,
    (thrown: unknown) => (thrown instanceof WorkflowFailedError ? failureOf(handle.workflowId, thrown) : thrown),
  );
  const reason = failure instanceof DaybreakError ? `${failure.code}: ${failure.what}` : messageOf(failure);
  throw new EndedLayer('NOT_RUNNING', {
    what: `the speed layer of ${pipeline} has failed: ${reason}`,
    remedy: `Correct the cause, then start the layer: npx daybreak speed start --pipeline ${pipeline}`,
  });
}
