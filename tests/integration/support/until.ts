import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

type Found<T> = Exclude<T, false | undefined>;

export interface Waiting {
  readonly pauseMs?: number;
  /** What should bring it about. After that has ended, waiting is useless. */
  readonly during?: Promise<unknown>;
}

const SECONDS = 300;

/**
 * Resolves with what `poll` finds, when that is neither undefined nor false. Throws after five minutes, or if `during`
 * ended before. The error names what was awaited.
 */
export async function until<T>(
  what: string,
  poll: () => T | Promise<T>,
  { pauseMs = 300, during }: Waiting = {},
): Promise<Found<T>> {
  const deadline = Date.now() + SECONDS * 1_000;
  let ended: { readonly as: unknown } | undefined;
  const end = (as: unknown): void => {
    ended = { as };
  };
  during?.then(end, end);
  const whetherEnded = (): typeof ended => ended;
  for (;;) {
    const before = whetherEnded();
    const found = await poll();
    if (found !== false && found !== undefined) return found as Found<T>; // The compiler does not narrow a type parameter.
    if (before !== undefined)
      throw new Error(`${what}: not before the end of what was to bring it: ${inspect(before.as)}`);
    if (Date.now() > deadline) throw new Error(`${what}: not within ${SECONDS} s`);
    await sleep(pauseMs);
  }
}
