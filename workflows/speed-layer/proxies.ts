import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { SpeedLayerActivities } from '../../activities';
import { ACTIVITY_SUMMARIES } from '../../domain/activity-summaries';

/** A shard ends by itself after this, so that its activity does not live for ever. */
export const SHARD_SECONDS = 600;
/**
 * A poll of the partitions puts six events into the history. With one a minute, the workflow continues as new twice a
 * day.
 */
export const FIRST_POLL_SECONDS = 10;
export const POLL_SECONDS = 60;

const ONCE = { maximumAttempts: 1 };

/** Fails at once where something is away: the layer shows why, and tries again by itself. */
export const { prepareSpeedLayer } = proxyActivities<SpeedLayerActivities>({
  summary: ACTIVITY_SUMMARIES.prepareSpeedLayer,
  // Large tables are read meanwhile.
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '15 seconds',
  retry: ONCE,
});

const LASTING = {
  startToCloseTimeout: `${SHARD_SECONDS + 120} seconds`,
  heartbeatTimeout: '10 seconds',
  // A pause is over only when the shards have committed what they had.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const;

/** What may pass by itself, as a broker's restart, Temporal tries again; it puts nothing into the history. */
export const shardActivity = (shard: number, shards: number) =>
  proxyActivities<SpeedLayerActivities>({
    ...LASTING,
    retry: { initialInterval: '1 second', backoffCoefficient: 1.5, maximumInterval: '15 seconds' },
    summary: `${ACTIVITY_SUMMARIES.runSpeedShard}: ${shard + 1} of ${shards}`,
  }).runSpeedShard;

export const { watchSupervisor } = proxyActivities<SpeedLayerActivities>({
  ...LASTING,
  retry: ONCE,
  summary: ACTIVITY_SUMMARIES.watchSupervisor,
});

export const { tellPartitions } = proxyActivities<SpeedLayerActivities>({
  summary: ACTIVITY_SUMMARIES.tellPartitions,
  startToCloseTimeout: `${POLL_SECONDS + 30} seconds`,
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '15 seconds' },
});
