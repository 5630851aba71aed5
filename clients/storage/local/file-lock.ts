import { lock } from 'proper-lockfile';
import type { DaybreakError } from '../../../domain/errors';
import { hasCode } from './fs-errors';

export interface FileLockOptions {
  /** Milliseconds without a sign of life after which a lock counts as free. At least 2,000. */
  readonly stale: number;
  /** Milliseconds between two signs of life. Default: half of `stale`. */
  readonly update?: number;
  /** How often, and after how many milliseconds, it is tried again while another process has it. Default: not at all. */
  readonly retries?: { readonly retries: number; readonly minTimeout: number; readonly maxTimeout: number };
  /** The error where another process has it, after all tries. */
  readonly busy: () => DaybreakError;
  /** The error where it is lost during the work: this process stood still for too long, or somebody removed the lock. */
  readonly lost: (cause: unknown) => DaybreakError;
}

/**
 * Runs `work` while no other process runs any under the same path: the lock is the folder `<path>.lock`. Throws `busy` or
 * `lost`. Where the lock is lost, the signal that `work` gets is aborted, and its end is not waited for.
 */
export async function withFileLock<T>(
  path: string,
  { busy, lost, ...options }: FileLockOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const losing = new AbortController();
  const { signal } = losing;
  // By default the library throws from its timer, which ends the process.
  const onCompromised = (cause: Error): void => {
    losing.abort(lost(cause));
  };
  const release = await lock(path, { ...options, realpath: false, onCompromised }).catch((thrown: unknown) => {
    throw hasCode(thrown, 'ELOCKED') ? busy() : thrown;
  });
  const loss = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as DaybreakError); // What onCompromised gave.
    });
  });
  try {
    return await Promise.race([work(signal), loss]);
  } finally {
    // What is lost is another's.
    if (!signal.aborted) await release();
  }
}
