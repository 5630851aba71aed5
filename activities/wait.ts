import { Context } from '@temporalio/activity';

/**
 * Asks again and again until there is an answer, beating the heart each time, so that a dead worker is noticed and a
 * cancellation ends the wait. The activity's own time-out is the bound.
 *
 * @param ask answers, or tells what is still being waited for: it becomes the heartbeat's details.
 * @param everyMilliseconds pause between two questions. Default 1,000.
 */
export async function waitFor<T>(
  ask: () => Promise<{ readonly answer: T } | { readonly waitingFor: string }>,
  everyMilliseconds = 1_000,
): Promise<T> {
  const context = Context.current();
  for (;;) {
    const asked = await ask();
    if ('answer' in asked) return asked.answer;
    context.heartbeat(asked.waitingFor);
    await context.sleep(everyMilliseconds);
  }
}
