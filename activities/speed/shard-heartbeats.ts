import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { PartitionProgress, SpeedShardProgress } from '../../domain/speed';

const SHARD_ACTIVITY = 'runSpeedShard';

/** What the shards of a workflow told with their last heartbeats, by partition: some seconds old at most. */
export async function shardHeartbeats(client: Client, workflowId: string): Promise<PartitionProgress[]> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return (raw.pendingActivities ?? [])
    .filter(({ activityType }) => activityType?.name === SHARD_ACTIVITY)
    .flatMap(({ heartbeatDetails }) => heartbeatDetails?.payloads?.slice(0, 1) ?? [])
    .map((payload) => defaultPayloadConverter.fromPayload<SpeedShardProgress>(payload))
    .flatMap(({ partitions, tables }) => partitions.map((partition) => ({ ...partition, tables })))
    .sort((one, other) => one.partition - other.partition);
}
