import { WorkflowFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { shardHeartbeats } from '../activities/speed/shard-heartbeats';
import { DaybreakError, messageOf } from '../domain/errors';
import { countedSince, type PartitionProgress } from '../domain/speed';
import { failureText, type SpeedLayerStatus } from '../domain/speed-layer';
import { failureOf, runningActivities } from './follow';
import { describeIngestion, describeSupervisor, type Ingestion } from './ingestion';
import { activitySummary } from './output/describe-activities';
import { describeVersions } from './output/describe-versions';
import { table } from './output/table';
import type { FolderState } from './pipeline-folder';
import { withSpeedLayer } from './speed';

/** The speed layer as its workflow and the heartbeats of its shards tell it. */
export interface SpeedView extends SpeedLayerStatus {
  /** By partition; empty while no shard has told anything. */
  readonly partitions: readonly PartitionProgress[];
  /** What keeps a part of the layer from going on, with the number of tries: what the workflow tries again, then what Temporal does. */
  readonly troubles: readonly string[];
}

/** Throws NOT_RUNNING where the speed layer does not run, with the reason where it failed. */
export async function speedView(client: Client, pipeline: string): Promise<SpeedView> {
  return withSpeedLayer(client, pipeline, async (handle) => {
    // A workflow that has ended still answers queries, with the state that it had.
    await requireRunning(handle, pipeline);
    const [status, partitions, activities] = await Promise.all([
      handle.query<SpeedLayerStatus>('status'),
      shardHeartbeats(client, handle.workflowId),
      runningActivities(handle),
    ]);
    return {
      ...status,
      partitions,
      troubles: [
        ...(status.failures ?? []).map((failure) => `${failure.part} ${failureText(failure)}`),
        ...activities
          .filter(({ lastFailure }) => lastFailure !== undefined)
          .map(({ name, attempt, lastFailure }) => `${activitySummary(name)}, try ${attempt}: ${lastFailure ?? ''}`),
      ],
    };
  });
}

async function requireRunning(handle: WorkflowHandle, pipeline: string): Promise<void> {
  const { status } = await handle.describe();
  if (status.name === 'RUNNING') return;
  const remedy = `Start it: npx daybreak speed start --pipeline ${pipeline}`;
  if (status.name !== 'FAILED') {
    const what = `the speed layer of ${pipeline} does not run (${status.name.toLowerCase().replaceAll('_', ' ')})`;
    throw new DaybreakError('NOT_RUNNING', { what, remedy });
  }
  const failure = await handle.result().then(
    () => undefined,
    (thrown: unknown) => (thrown instanceof WorkflowFailedError ? failureOf(handle.workflowId, thrown) : thrown),
  );
  const reason = failure instanceof DaybreakError ? `${failure.code}: ${failure.what}` : messageOf(failure);
  throw new DaybreakError('NOT_RUNNING', {
    what: `the speed layer of ${pipeline} has failed: ${reason}`,
    remedy: `Once that is corrected, start it: npx daybreak speed start --pipeline ${pipeline}`,
  });
}

/** A line of names, then a line a partition. */
export function partitionTable(partitions: readonly PartitionProgress[]): string[][] {
  return [
    ['partition', 'offset', 'lag', 'events/s', 'dead letters', 'last commit', 'version', 'trouble'],
    ...partitions.map((one) => [
      String(one.partition),
      String(one.offset),
      String(one.lag),
      one.eventsPerSecond.toFixed(0),
      one.since === undefined ? '' : String(one.deadLetters),
      one.lastCommitAt ?? 'none yet',
      one.version ?? '',
      one.trouble ??
        (one.reset === undefined ? '' : `${one.reset.reason}: ${one.reset.committed} → ${one.reset.startedAt}`),
    ]),
  ];
}

/** Partitions are opened one after another when the layer starts. */
const OPENED_TOGETHER_MS = 60_000;

/** From when on dead letters are counted; of partitions that were added to the topic, from later on. */
function describeCounts(partitions: readonly PartitionProgress[]): string[] {
  const [earliest, ...others] = countedSince(partitions);
  if (earliest === undefined) return [];
  const isLater = (since: string): boolean => Date.parse(since) - Date.parse(earliest) > OPENED_TOGETHER_MS;
  return [`dead letters: counted since ${earliest}${others.some(isLater) ? ', of some partitions since later' : ''}`];
}

/**
 * The view as people read it; the supervisor as it is now where Druid answers, else as the workflow saw it last.
 *
 * @param folder what the pipeline's folder holds, for the versions of both layers.
 */
export function describeSpeed(view: SpeedView, ingestion: Ingestion | undefined, folder: FolderState): string[] {
  const { pipeline, state, shards, supervisor, partitions, troubles } = view;
  return [
    `speed layer of ${pipeline}: ${state}, ${shards} shard(s)`,
    ...(ingestion === undefined ? describeSupervisor(supervisor) : describeIngestion(ingestion)),
    ...troubles.map((trouble) => `! ${trouble}`),
    ...describeVersions(pipeline, folder, partitions),
    ...(partitions.length === 0 ? [] : [table(partitionTable(partitions)), ...describeCounts(partitions)]),
  ];
}
