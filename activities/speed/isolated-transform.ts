import { DaybreakError } from '../../domain/errors';
import { addWrongRows } from '../../domain/row-checks';
import { memoryFailureOf, valueFailureOf } from '../../engines/duckdb/value-failure';
import type { MicroBatchResult, MicroBatchTransform, Reject } from '../../engines/model/micro-batch';

/** A reject has a code if the transform failed on it; without one it breaks the validity rule. */
export interface IsolatedReject extends Reject {
  readonly code?: 'TRANSFORM_FAILED';
}

interface Outcome extends MicroBatchResult {
  readonly rejects: readonly IsolatedReject[];
}

export interface IsolatedResult extends Outcome {
  /** How many events from the first on these are the results of. */
  readonly events: number;
}

export interface IsolationLimits {
  /** If it aborts, no other part of the batch is tried. */
  readonly signal?: AbortSignal;
  /** After this time the search ends as soon as it has results. Default: it ends with the batch. */
  readonly milliseconds?: number;
}

/** A small record that is not valid. DuckDB needs hardly any memory to reject it. */
const SMALL = Buffer.from('{}');

/**
 * Runs the transform. If it fails, halves the batch until the failing events are found. They become rejects, so that
 * one event does not stop all events after it. An event is the cause of a lack of memory if a small event does not
 * fail. If many events fail, this takes two runs for each of them: within its limits the search gives the results of
 * the first events. Throws ENGINE_FAILED if no event is the cause.
 */
export async function runIsolated(
  transform: Pick<MicroBatchTransform, 'run'>,
  values: readonly (Buffer | null)[],
  { signal, milliseconds = Infinity }: IsolationLimits = {},
): Promise<IsolatedResult> {
  const deadline = performance.now() + milliseconds;
  /** With the position of its first event. */
  const parts: (Outcome & { readonly start: number })[] = [];
  /** The ends of the parts to try, the next one last. */
  const ends = [values.length];
  let events = 0;
  for (let end = ends.at(-1); end !== undefined; end = ends.at(-1)) {
    const outcome = await outcomeOf(transform, values.slice(events, end));
    if (outcome === undefined) ends.push(events + Math.ceil((end - events) / 2));
    else {
      parts.push({ ...outcome, start: events });
      events = end;
      ends.pop();
    }
    if (signal?.aborted === true || (events > 0 && performance.now() > deadline)) break;
  }
  const found = parts.flatMap(({ wrong }) => (wrong === undefined ? [] : [wrong]));
  return {
    messages: parts.flatMap(({ messages }) => messages),
    rejects: parts.flatMap(({ start, rejects }) =>
      rejects.map((reject) => ({ ...reject, index: start + reject.index })),
    ),
    ...(found.length > 0 && { wrong: found.reduce(addWrongRows) }),
    events,
  };
}

/** Undefined if one of several events fails. */
async function outcomeOf(
  transform: Pick<MicroBatchTransform, 'run'>,
  values: readonly (Buffer | null)[],
): Promise<Outcome | undefined> {
  try {
    return await transform.run(values);
  } catch (thrown) {
    const reason = valueReasonOf(thrown);
    if (reason === undefined && memoryReasonOf(thrown) === undefined) throw thrown;
    if (values.length > 1) return undefined;
    return reason === undefined ? await runAlone(transform, values) : rejected(reason);
  }
}

/** Retries an event for which there was not enough memory, as soon as there is some. */
async function runAlone(
  transform: Pick<MicroBatchTransform, 'run'>,
  values: readonly (Buffer | null)[],
): Promise<Outcome> {
  await transform.run([SMALL]);
  try {
    return await transform.run(values);
  } catch (thrown) {
    const reason = valueReasonOf(thrown) ?? memoryReasonOf(thrown);
    if (reason === undefined) throw thrown;
    return rejected(reason);
  }
}

function rejected(reason: string): Outcome {
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
