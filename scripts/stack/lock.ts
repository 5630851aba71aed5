import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';

/** A lock of a process that was killed counts as free this long after its last sign of life. */
const STALE_MILLISECONDS = 5000;

/** Runs `work` while no other process runs any under the same path; waits its turn. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const release = await acquire(path);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      return await lock(path, { realpath: false, stale: STALE_MILLISECONDS, update: 1000 });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ELOCKED')) throw error;
      await sleep(250);
    }
  }
}
