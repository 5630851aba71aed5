import { Context } from '@temporalio/activity';

const EVERY_MILLISECONDS = 1_000;

/**
 * Does some work and sends a heartbeat once a second meanwhile: a dead worker is noticed when the heartbeat's timeout ends, and
 * a cancellation reaches the activity.
 *
 * @param details what the heartbeats say; undefined for as long as nothing is done that is worth a word.
 */
export async function withHeartbeats<T>(details: string | (() => unknown), work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => {
    context.heartbeat(typeof details === 'string' ? details : details());
  }, EVERY_MILLISECONDS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** An answer, or what is still being waited for. */
export type PollResult<T> = { readonly answer: T } | { readonly waitingFor: string };

/**
 * Polls until there is an answer, with heartbeats, so that a cancellation ends the wait. The activity's own timeout is the
 * bound.
 *
 * @param poll answers, or says what is still being waited for: it becomes the heartbeats' details.
 * @param everyMilliseconds pause between two polls. Default 1,000.
 */
export async function pollUntilAnswered<T>(poll: () => Promise<PollResult<T>>, everyMilliseconds = 1_000): Promise<T> {
  const context = Context.current();
  let details: string | undefined;
  return withHeartbeats(
    () => details,
    async () => {
      for (;;) {
        const polled = await poll();
        if ('answer' in polled) return polled.answer;
        details = `waiting for ${polled.waitingFor}`;
        await context.sleep(everyMilliseconds);
      }
    },
  );
}
