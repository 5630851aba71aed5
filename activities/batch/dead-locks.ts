import type { DruidClient, TaskLock } from '../../clients/druid';
import type { DayPlan } from '../../domain/daily-batch';
import { locksIn } from '../../domain/druid/blocking-locks';

/**
 * Realtime tasks run for hours, then wait for their handoff: a task that holds a lock was created at most so long
 * before it.
 */
const LIFETIME_MILLISECONDS = 7 * 24 * 3_600_000;
/** A task that holds a lock ran when it was granted: only the latest failed tasks are checked. */
const SUSPECTS = 50;

/**
 * Gives back the locks of the day that Druid has failed tasks hold, and names those tasks. Druid 33 looks whether a task
 * is active before it waits for the lockbox that the task is being removed from: a task that is ended while it allocates
 * a segment is granted that one lock afterwards. Nothing else releases it before the overlord restarts.
 *
 * A task that failed never runs again under its id, so that its lock protects nothing; where a running task has joined
 * the lock, it keeps it. To have a task of higher priority revoke the lock, as Druid means it, would not do: outside UTC
 * Druid 33 does not find the lock again that it is to revoke.
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
