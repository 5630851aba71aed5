import { lock } from 'proper-lockfile';
import { type DaybreakError, hasCode } from '../../../domain/errors';

export interface FileLockOptions {
  /** Milliseconds without an update after which a lock counts as free. At least 2,000. */
  readonly stale: number;
  /** Milliseconds between two updates. Default: half of `stale`. */
  readonly update?: number;
  /** How often, and after how many milliseconds, to retry while another process has the lock. Default: no retry. */
  readonly retries?: { readonly retries: number; readonly minTimeout: number; readonly maxTimeout: number };
  /** The error if another process still has the lock after all retries. */
  readonly busy: () => DaybreakError;
  /** The error if the lock is lost during the work: this process paused for too long, or somebody removed the lock. */
  readonly lost: (cause: unknown) => DaybreakError;
}

/** A lock that this process has. */
export interface FileLock {
  /** Aborted with `lost` if the lock is lost. */
  readonly signal: AbortSignal;
  /** A lost lock belongs to another process and stays. */
  readonly release: () => Promise<void>;
}

/** Takes the lock of a path, which is the folder `<path>.lock`. Throws `busy`. */
export async function takeFileLock(path: string, { busy, lost, ...options }: FileLockOptions): Promise<FileLock> {
  const losing = new AbortController();
  const { signal } = losing;
  // By default the library throws from its timer, which ends the process.
  const onCompromised = (cause: Error): void => {
    losing.abort(lost(cause));
  };
  const release = await lock(path, { ...options, realpath: false, onCompromised }).catch((thrown: unknown) => {
    throw hasCode(thrown, 'ELOCKED') ? busy() : thrown;
  });
  return {
    signal,
    release: async () => {
      if (!signal.aborted) await release();
    },
  };
}

/**
 * Runs `work` while no other process runs any under the same path. Throws `busy` or `lost`. If the lock is lost, the
 * signal that `work` gets is aborted, and the call does not wait for its end.
 */
export async function withFileLock<T>(
  path: string,
  options: FileLockOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, release } = await takeFileLock(path, options);
  const loss = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as DaybreakError); // The reason that onCompromised gave.
    });
  });
  try {
    return await Promise.race([work(signal), loss]);
  } finally {
    await release();
  }
}
