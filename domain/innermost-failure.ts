import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { messageOf } from './errors';

/**
 * The failure that says what happened. Temporal wraps it in a failure of the activity, and in one for each child
 * workflow around that. A timeout is returned itself, and not its cause, which is the failure of the attempt before it.
 */
export function innermostFailure(thrown: unknown): unknown {
  const isWrapper = thrown instanceof ActivityFailure || thrown instanceof ChildWorkflowFailure;
  return isWrapper && thrown.cause !== undefined ? innermostFailure(thrown.cause) : thrown;
}

/** The same, but for a timeout the failure of the attempt before it, which has the code. */
export function lastFailure(thrown: unknown): unknown {
  const failure = innermostFailure(thrown);
  if (!(failure instanceof TimeoutFailure)) return failure;
  const before = lastFailure(failure.cause);
  return before instanceof ApplicationFailure ? before : failure;
}

/** The error code of a last failure. A failure without one, such as that of a worker that died, counts as the engine's. */
export function codeOf(last: unknown): string {
  return (last instanceof ApplicationFailure ? last.type : undefined) ?? 'ENGINE_FAILED';
}

/** What happened, from a last failure, with what to do: Temporal's message does not say it for every failure. */
export function failureMessage(last: unknown): string {
  if (last instanceof TerminatedFailure)
    return 'somebody terminated the run. Run the day again; the run in the Temporal UI says who it was and why.';
  if (last instanceof TimeoutFailure)
    return `${last.message}: its worker died or hangs. See that the workers run and have enough memory, and read their logs.`;
  return messageOf(last);
}
