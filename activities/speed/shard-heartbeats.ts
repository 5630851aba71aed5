import type { Client } from '@temporalio/client';
// The SDK has no public way to decode the payloads of a description.
import { decodeOptionalSinglePayload } from '@temporalio/common/lib/internal-non-workflow';
import type { LayerProgress, SpeedShardProgress } from '../../domain/speed-shard';

const SHARD_ACTIVITY = 'runSpeedShard';

/** The last heartbeats of a workflow's shards, the partitions in order. They are at most some seconds old. */
export async function shardHeartbeats(client: Client, workflowId: string): Promise<LayerProgress> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const reported = await Promise.all(
    (raw.pendingActivities ?? [])
      .filter(({ activityType }) => activityType?.name === SHARD_ACTIVITY)
      .map(({ heartbeatDetails }) =>
        decodeOptionalSinglePayload<SpeedShardProgress>(
          client.options.loadedDataConverter,
          heartbeatDetails?.payloads?.[0],
        ),
      ),
  );
  const shards = reported.flatMap((shard) => shard ?? []);
  return {
    partitions: shards
      .flatMap(({ partitions, topic, version, kept }) =>
        partitions.map((partition) => ({
          ...partition,
          ...(topic !== undefined && { topic }),
          ...(version !== undefined && { version }),
          ...(kept !== undefined && { kept }),
        })),
      )
      .sort((one, other) => one.partition - other.partition),
    idleShards: shards
      .filter(({ isAssigned, partitions }) => isAssigned === true && partitions.length === 0)
      .map(({ shard }) => shard),
  };
}
