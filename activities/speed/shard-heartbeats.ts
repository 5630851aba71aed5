import type { Client } from '@temporalio/client';
// The SDK has no public way to decode the payloads of a description.
import { decodeOptionalSinglePayload } from '@temporalio/common/lib/internal-non-workflow';
import type { PartitionProgress, SpeedShardProgress } from '../../domain/speed-shard';

const SHARD_ACTIVITY = 'runSpeedShard';

/** The last heartbeats of a workflow's shards, by partition. They are at most some seconds old. */
export async function shardHeartbeats(client: Client, workflowId: string): Promise<PartitionProgress[]> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const shards = await Promise.all(
    (raw.pendingActivities ?? [])
      .filter(({ activityType }) => activityType?.name === SHARD_ACTIVITY)
      .map(({ heartbeatDetails }) =>
        decodeOptionalSinglePayload<SpeedShardProgress>(
          client.options.loadedDataConverter,
          heartbeatDetails?.payloads?.[0],
        ),
      ),
  );
  return shards
    .flatMap((shard) => shard ?? [])
    .flatMap(({ partitions, topic, version, kept }) =>
      partitions.map((partition) => ({
        ...partition,
        ...(topic !== undefined && { topic }),
        ...(version !== undefined && { version }),
        ...(kept !== undefined && { kept }),
      })),
    )
    .sort((one, other) => one.partition - other.partition);
}
