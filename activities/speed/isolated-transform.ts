import { DaybreakError } from '../../domain/errors';
import { valueFailureOf } from '../../engines/duckdb/value-failure';
import type { MicroBatchResult, MicroBatchTransform, Reject } from '../../engines/micro-batch';

/** A reject with a code where the transform failed on it; without one the validity rule turned it away. */
export interface IsolatedReject extends Reject {
  readonly code?: 'TRANSFORM_FAILED';
}

export interface IsolatedResult extends MicroBatchResult {
  readonly rejects: readonly IsolatedReject[];
}

/**
 * Runs the transform and finds by halves which events make it fail: they become rejects, so that one of them does not stop
 * all behind it. Throws ENGINE_FAILED where no event is to blame.
 */
export async function runIsolated(
  transform: Pick<MicroBatchTransform, 'run'>,
  values: readonly (Buffer | null)[],
): Promise<IsolatedResult> {
  try {
    return await transform.run(values);
  } catch (thrown) {
    const reason = reasonOf(thrown);
    if (reason === undefined) throw thrown;
    if (values.length === 1) return { messages: [], rejects: [{ index: 0, code: 'TRANSFORM_FAILED', reason }] };
  }
  const middle = Math.ceil(values.length / 2);
  const first = await runIsolated(transform, values.slice(0, middle));
  const second = await runIsolated(transform, values.slice(middle));
  return {
    messages: [...first.messages, ...second.messages],
    rejects: [...first.rejects, ...second.rejects.map((reject) => ({ ...reject, index: reject.index + middle }))],
  };
}

function reasonOf(thrown: unknown): string | undefined {
  return thrown instanceof DaybreakError && thrown.code === 'ENGINE_FAILED' ? valueFailureOf(thrown.cause) : undefined;
}
