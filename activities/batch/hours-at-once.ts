import { Semaphore } from '../../domain/semaphore';

/** How many hours are asked of Druid at the same time, each on a connection of its own. */
const AT_ONCE = 4;

export interface HoursOptions {
  /** Ends the work between two hours. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each hour with what is done, for people. */
  readonly report?: ((done: string) => void) | undefined;
}

/**
 * Runs `work` for each hour, some at a time, and resolves to the results by hour, in the order of the hours. If one
 * fails, no other begins, and those that have begun are over before the failure is thrown.
 */
export async function eachHour<T>(
  hours: readonly string[],
  { signal, report }: HoursOptions,
  work: (hour: string) => Promise<T>,
): Promise<Map<string, T>> {
  const connections = new Semaphore(AT_ONCE);
  const failed = new AbortController();
  let done = 0;
  const outcomes = await Promise.allSettled(
    hours.map((hour) =>
      connections.run(async () => {
        signal?.throwIfAborted();
        failed.signal.throwIfAborted();
        try {
          const result = await work(hour);
          done += 1;
          report?.(`${done} of ${hours.length} hours`);
          return [hour, result] as const;
        } catch (thrown) {
          failed.abort(thrown);
          throw thrown;
        }
      }),
    ),
  );
  failed.signal.throwIfAborted();
  signal?.throwIfAborted();
  return new Map(outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])));
}
