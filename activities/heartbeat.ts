import { Context } from '@temporalio/activity';

const EVERY_MILLISECONDS = 1_000;

/**
 * Runs `work` and sends a heartbeat every second. So a dead worker is noticed when the heartbeat timeout ends, and a
 * cancellation reaches the activity.
 *
 * @param details the details of the heartbeats; undefined as long as there is nothing to report.
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

/** An answer, or what the poll still waits for. */
export type PollResult<T> = { readonly answer: T } | { readonly waitingFor: string };

/**
 * Polls until there is an answer, with heartbeats, so that a cancellation ends the wait. The activity's own timeout
 * limits the wait.
 *
 * @param poll answers, or says what it still waits for: this text becomes the details of the heartbeats.
 * @param first the same before the first poll has ended. Default: no details.
 * @param everyMilliseconds pause between two polls. Default 1,000.
 */
export async function pollUntilAnswered<T>(
  poll: () => Promise<PollResult<T>>,
  { first, everyMilliseconds = 1_000 }: { readonly first?: string; readonly everyMilliseconds?: number } = {},
): Promise<T> {
  const context = Context.current();
  let details = first && `waiting for ${first}`;
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
