import type { Client } from '@temporalio/client';
import { shardHeartbeats } from '../activities/speed/shard-heartbeats';
import type { PartitionProgress } from '../domain/speed';
import { failureText, type SpeedLayerStatus } from '../domain/speed-layer';
import { runningActivities } from './follow';
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

/** Throws NOT_RUNNING where the speed layer does not run. */
export async function speedView(client: Client, pipeline: string): Promise<SpeedView> {
  return withSpeedLayer(client, pipeline, async (handle) => {
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

/** A line of names, then a line a partition. */
export function partitionTable(partitions: readonly PartitionProgress[]): string[][] {
  return [
    ['partition', 'offset', 'lag', 'events/s', 'dead letters', 'last commit', 'version', 'trouble'],
    ...partitions.map((one) => [
      String(one.partition),
      String(one.offset),
      String(one.lag),
      one.eventsPerSecond.toFixed(0),
      String(one.deadLetters),
      one.lastCommitAt ?? 'none yet',
      one.version ?? '',
      one.trouble ??
        (one.reset === undefined ? '' : `${one.reset.reason}: ${one.reset.committed} → ${one.reset.startedAt}`),
    ]),
  ];
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
    ...(partitions.length === 0 ? [] : [table(partitionTable(partitions))]),
  ];
}
