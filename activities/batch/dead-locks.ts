import type { DruidClient, TaskLock } from '../../clients/druid';
import type { DayPlan } from '../../domain/daily-batch';
import { locksIn } from '../../domain/druid/blocking-locks';

/**
 * Realtime tasks run for hours, then wait for their handoff. A task that holds a lock was created at most this long
 * before the lock.
 */
const LIFETIME_MILLISECONDS = 7 * 24 * 3_600_000;
/** A task that holds a lock was running when it got the lock, so only the latest failed tasks are checked. */
const SUSPECTS = 50;

/**
 * Releases the locks of the day that failed tasks hold in Druid, and names those tasks. Druid 33 checks whether a task
 * is active before it waits for the lockbox from which the task is being removed. So a task that is ended while it
 * allocates a segment gets that one lock afterwards. Nothing else releases it before the overlord restarts.
 *
 * A failed task never runs again under its id, so its lock protects nothing. If a running task has joined the lock,
 * that task keeps it. Druid's own way is that a task of higher priority revokes the lock. It does not work here:
 * outside UTC, Druid 33 does not find the lock that it should revoke.
 */
export async function releaseDeadLocks(
  druid: DruidClient,
  { datasource, interval }: DayPlan,
  locks: readonly TaskLock[],
): Promise<string[]> {
  const groups = new Set(locks.map(({ groupId }) => groupId));
  const granted = locks.map(({ version }) => Date.parse(version));
  const over = await druid.tasks.over(datasource, new Date(Math.min(...granted) - LIFETIME_MILLISECONDS));
  const suspects = over.filter(
    ({ status, groupId, createdTime }) =>
      status === 'FAILED' && groups.has(groupId) && Date.parse(createdTime) <= Math.max(...granted),
  );
  const dead: string[] = [];
  for (const task of suspects.slice(0, SUSPECTS)) {
    const held = locksIn(await druid.tasks.locksOf(task), interval);
    for (const lock of held) await druid.tasks.releaseLock(task, lock);
    if (held.length > 0) dead.push(task.id);
  }
  return dead;
}
