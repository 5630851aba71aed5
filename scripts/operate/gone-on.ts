import { temporal } from '@temporalio/proto';
import type { SpeedShardProgress } from '../../domain/speed-shard';

type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;

/**
 * Whether an activity has gone on since its last attempt failed: the running attempt has sent a heartbeat that shows
 * work. Before such a heartbeat, and between two attempts, the failure is what stops it.
 *
 * @param details of its last heartbeat.
 */
export function hasGoneOn({ state, lastHeartbeatTime, lastStartedTime }: PendingActivity, details: unknown): boolean {
  const runs = state === temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_STARTED;
  if (!runs || nanoseconds(lastHeartbeatTime) <= nanoseconds(lastStartedTime) || details === undefined) return false;
  return !isShardProgress(details) || isOpen(details);
}

type Assigned = Pick<SpeedShardProgress, 'partitions' | 'isAssigned'>;

/** A partition that cannot be opened reports that itself. */
function isOpen({ partitions, isAssigned }: Assigned): boolean {
  const isKnown = isAssigned === true || partitions.length > 0;
  return isKnown && partitions.every(({ since, trouble }) => since !== undefined || trouble !== undefined);
}

function isShardProgress(details: unknown): details is Assigned {
  return (
    typeof details === 'object' && details !== null && 'partitions' in details && Array.isArray(details.partitions)
  );
}

function nanoseconds(time: PendingActivity['lastStartedTime']): bigint {
  return BigInt(String(time?.seconds ?? 0)) * 1_000_000_000n + BigInt(time?.nanos ?? 0);
}
