import { DaybreakError } from '../../domain/errors';
import { addWrongRows } from '../../domain/row-checks';
import { memoryFailureOf, valueFailureOf } from '../../engines/duckdb/value-failure';
import type { MicroBatchResult, MicroBatchTransform, Reject } from '../../engines/model/micro-batch';

/** A reject has a code if the transform failed on it; without one it breaks the validity rule. */
export interface IsolatedReject extends Reject {
  readonly code?: 'TRANSFORM_FAILED';
}

export interface IsolatedResult extends MicroBatchResult {
  readonly rejects: readonly IsolatedReject[];
}

/** A small record that is not valid. DuckDB needs hardly any memory to reject it. */
const SMALL = Buffer.from('{}');

/**
 * Runs the transform. If it fails, halves the batch until the failing events are found. They become rejects, so that
 * one event does not stop all events after it. An event is the cause of a lack of memory if a small event does not
 * fail. Throws ENGINE_FAILED if no event is the cause.
 */
export async function runIsolated(
  transform: Pick<MicroBatchTransform, 'run'>,
  values: readonly (Buffer | null)[],
): Promise<IsolatedResult> {
  try {
    return await transform.run(values);
  } catch (thrown) {
    const reason = valueReasonOf(thrown);
    if (reason === undefined && memoryReasonOf(thrown) === undefined) throw thrown;
    if (values.length === 1) return reason === undefined ? await runAlone(transform, values) : rejected(reason);
  }
  const middle = Math.ceil(values.length / 2);
  const first = await runIsolated(transform, values.slice(0, middle));
  const second = await runIsolated(transform, values.slice(middle));
  return {
    messages: [...first.messages, ...second.messages],
    rejects: [...first.rejects, ...second.rejects.map((reject) => ({ ...reject, index: reject.index + middle }))],
    wrong: addWrongRows(first.wrong ?? {}, second.wrong ?? {}),
  };
}

/** Retries an event for which there was not enough memory, as soon as there is some. */
async function runAlone(
  transform: Pick<MicroBatchTransform, 'run'>,
  values: readonly (Buffer | null)[],
): Promise<IsolatedResult> {
  await transform.run([SMALL]);
  try {
    return await transform.run(values);
  } catch (thrown) {
    const reason = valueReasonOf(thrown) ?? memoryReasonOf(thrown);
    if (reason === undefined) throw thrown;
    return rejected(reason);
  }
}

function rejected(reason: string): IsolatedResult {
  return { messages: [], rejects: [{ index: 0, code: 'TRANSFORM_FAILED', reason }] };
}

function valueReasonOf(thrown: unknown): string | undefined {
  return isOfEngine(thrown) ? valueFailureOf(thrown.cause) : undefined;
}

function memoryReasonOf(thrown: unknown): string | undefined {
  return isOfEngine(thrown) ? memoryFailureOf(thrown.cause) : undefined;
}

function isOfEngine(thrown: unknown): thrown is DaybreakError {
  return thrown instanceof DaybreakError && thrown.code === 'ENGINE_FAILED';
}
