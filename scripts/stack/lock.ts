import { setTimeout as sleep } from 'node:timers/promises';
import { DaybreakError } from '../../domain/errors';
import { withFileLock } from '../../clients/storage/local/file-lock';

/** A lock of a killed process counts as free this long after its last refresh. */
const STALE_MILLISECONDS = 5000;
const POLL_MILLISECONDS = 250;

/**
 * Runs `work` while no other process runs work under the same path. Waits as long as needed. Throws LOCKED if the lock
 * is lost meanwhile.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const held = new DaybreakError('LOCKED', {
    what: `another command works on ${path}`,
    remedy: 'Wait until it has ended.',
  });
  const lost = (cause: unknown): DaybreakError =>
    new DaybreakError('LOCKED', {
      what: `the lock ${path}.lock was lost while this command worked: the command did not run for more than 5 s, or somebody removed the lock`,
      remedy: 'Wait until no other command works there, then run this one again.',
      cause,
    });
  const options = { stale: STALE_MILLISECONDS, update: 1000, busy: () => held, lost };
  for (;;) {
    try {
      return await withFileLock(path, options, work);
    } catch (thrown) {
      if (thrown !== held) throw thrown;
      await sleep(POLL_MILLISECONDS);
    }
  }
}
