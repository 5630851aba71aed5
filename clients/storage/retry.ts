import { setTimeout as sleep } from 'node:timers/promises';

/** How often something is tried, and how long to wait between tries. */
export interface Pauses {
  /** Tries in total; for a body, consecutive tries that bring no byte. */
  readonly attempts: number;
  /** Milliseconds before the second try. The pause doubles before each further try. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** How often, and how long, to retry a storage that is temporarily unable to answer. */
export interface RetryPolicy extends Pauses {
  /** Milliseconds without a byte after which a connection counts as broken. */
  readonly idleMs: number;
}

/** About a quarter of a minute in all. The caller knows better whether to go on trying, and for how long. */
export const RETRY: RetryPolicy = { attempts: 7, firstPauseMs: 200, longestPauseMs: 5_000, idleMs: 60_000 };

/**
 * Waits before try `attempt` (2 is the second). A part of the pause is random, so that many clients do not come at
 * once.
 */
export async function pauseBefore(attempt: number, policy: Pauses, signal?: AbortSignal): Promise<void> {
  const longest = Math.min(policy.longestPauseMs, policy.firstPauseMs * 2 ** (attempt - 2));
  await sleep(longest * (0.5 + Math.random() / 2), undefined, { ...(signal && { signal }) }).catch(
    (thrown: unknown) => {
      signal?.throwIfAborted();
      throw thrown;
    },
  );
}

/** Tries `work` until it succeeds, fails permanently, or has used all attempts. */
export async function retried<T>(
  work: () => Promise<T>,
  isPassing: (thrown: unknown) => boolean,
  policy: RetryPolicy,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (thrown) {
      signal?.throwIfAborted();
      if (attempt >= policy.attempts || !isPassing(thrown)) throw thrown;
    }
    await pauseBefore(attempt + 1, policy, signal);
  }
}
