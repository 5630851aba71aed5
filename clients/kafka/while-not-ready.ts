import { setTimeout as sleep } from 'node:timers/promises';
import { isNotReady } from './errors';

/**
 * A broker that has just started loads its groups for some seconds. During this time it does not report their offsets.
 */
const LOADING_MS = 10_000;
const LOADING_POLL_MS = 200;

/** Calls again while a broker answers that it is not ready, for ten seconds. Throws what the last call throws. */
export async function whileNotReady<T>(call: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + LOADING_MS;
  for (;;) {
    try {
      return await call();
    } catch (thrown) {
      if (!isNotReady(thrown) || performance.now() > deadline) throw thrown;
      await sleep(LOADING_POLL_MS);
    }
  }
}
