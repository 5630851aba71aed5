import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when the condition holds; throws after 30 s, saying what was awaited. */
export async function until(what: string, holds: () => boolean, seconds = 30): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(10);
  }
}
