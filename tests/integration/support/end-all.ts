import { messageOf } from '../../../domain/errors';

/**
 * Ends what a test has started, one after another. If one fails, the rest are still ended. Then throws that failure, or
 * all of them.
 */
export async function endAll(...ends: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const end of ends) {
    try {
      await end();
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  if (failures.length > 1) throw new AggregateError(failures, failures.map(messageOf).join('\n'));
  if (failures.length === 1) throw failures[0];
}
