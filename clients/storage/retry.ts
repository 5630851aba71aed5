import { setTimeout as sleep } from 'node:timers/promises';

/** How often, and how long, a storage that cannot do it now is asked again. */
export interface RetryPolicy {
  /** Tries in all; of a body, tries in a row that bring no byte. */
  readonly attempts: number;
  /** Milliseconds before the second try; twice as many before each further one. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** Milliseconds in which no byte comes, after which a connection counts as broken. */
  readonly idleMs: number;
}

/** About a quarter of a minute in all: who calls knows better whether to go on trying, and for how long. */
export const RETRY: RetryPolicy = { attempts: 7, firstPauseMs: 200, longestPauseMs: 5_000, idleMs: 60_000 };

/** Waits before try `attempt` (2 is the second), a part of it at random, so that many clients do not come at once. */
export async function pauseBefore(attempt: number, policy: RetryPolicy, signal?: AbortSignal): Promise<void> {
  const longest = Math.min(policy.longestPauseMs, policy.firstPauseMs * 2 ** (attempt - 2));
  await sleep(longest * (0.5 + Math.random() / 2), undefined, { ...(signal && { signal }) }).catch(
    (thrown: unknown) => {
      signal?.throwIfAborted();
      throw thrown;
    },
  );
}

/** Tries `work` until it succeeds, fails in a way that does not pass, or was tried often enough. */
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
