import { Context } from '@temporalio/activity';

/** An answer, or what is still being waited for. */
export type Asked<T> = { readonly answer: T } | { readonly waitingFor: string };

/**
 * Asks again and again until there is an answer, and sends heartbeats meanwhile, so that a dead worker is noticed and a
 * cancellation ends the wait. The activity's own time-out is the bound.
 *
 * @param ask answers, or says what it still waits for: this becomes the heartbeat's details.
 * @param everyMilliseconds pause between two questions. Default 1,000.
 */
export async function waitFor<T>(ask: () => Promise<Asked<T>>, everyMilliseconds = 1_000): Promise<T> {
  const context = Context.current();
  let doing = 'looking';
  return beating(
    () => doing,
    async () => {
      for (;;) {
        const asked = await ask();
        if ('answer' in asked) return asked.answer;
        doing = `waiting for ${asked.waitingFor}`;
        await context.sleep(everyMilliseconds);
      }
    },
  );
}

/** Does some work and sends a heartbeat once a second meanwhile, which says what is done. */
export async function beating<T>(doing: () => string, work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => {
    context.heartbeat(doing());
  }, 1_000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
