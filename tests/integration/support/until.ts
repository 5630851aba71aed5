import { setTimeout as sleep } from 'node:timers/promises';

type Found<T> = Exclude<T, false | undefined>;

/**
 * Resolves with what `look` finds, once that is neither undefined nor false. Throws after so many seconds, five minutes
 * unless told, and says what was awaited.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { seconds = 300, pauseMs = 100 }: { readonly seconds?: number; readonly pauseMs?: number } = {},
): Promise<Found<T>> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (found !== false && found !== undefined) return found as Found<T>; // The compiler does not narrow a type parameter.
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(pauseMs);
  }
}
