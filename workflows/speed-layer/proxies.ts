import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { SpeedLayerActivities } from '../../activities';
import { ACTIVITY_SUMMARIES } from '../../domain/activity-summaries';

/** A shard ends by itself after this time, so that its activity does not run forever. */
export const SHARD_SECONDS = 600;
/**
 * A poll of the partitions adds six events to the history, and the state of each partition. With one poll a minute, the
 * workflow continues as new twice a day, and with a hundred partitions every two hours.
 */
export const FIRST_POLL_SECONDS = 10;
export const POLL_SECONDS = 60;
/**
 * The state of so many partitions has 28 kB. With more, the intervals are longer: else the history would be full within
 * minutes, and all shards would end with it.
 */
export const PARTITIONS_OF_A_POLL = 100;

/**
 * Large tables are read in this time. Heartbeats show a dead worker; an activity that hangs is noticed when its whole time
 * is over.
 */
const LOADING_SECONDS = 900;

const ONCE = { maximumAttempts: 1 };

/** Fails at once if a service is away: the layer shows why, and retries by itself. */
export const { prepareSpeedLayer } = proxyActivities<SpeedLayerActivities>({
  summary: ACTIVITY_SUMMARIES.prepareSpeedLayer,
  startToCloseTimeout: `${LOADING_SECONDS} seconds`,
  heartbeatTimeout: '15 seconds',
  retry: ONCE,
});

const LASTING = {
  startToCloseTimeout: `${LOADING_SECONDS + SHARD_SECONDS + 120} seconds`,
  heartbeatTimeout: '10 seconds',
  // A pause is over only when the shards have committed their work.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const;

/** Temporal retries what may pass by itself, such as the restart of a broker. This adds nothing to the history. */
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
