import { ActivityFailure, ChildWorkflowFailure, TerminatedFailure } from '@temporalio/common';
import { messageOf } from './errors';

/**
 * The failure that says what happened. Temporal wraps it in a failure of the activity, and in one for each child
 * workflow around that. A timeout is returned itself, and not its cause, which is the failure of the attempt before it.
 */
export function innermostFailure(thrown: unknown): unknown {
  const isWrapper = thrown instanceof ActivityFailure || thrown instanceof ChildWorkflowFailure;
  return isWrapper && thrown.cause !== undefined ? innermostFailure(thrown.cause) : thrown;
}

/** What happened, from the innermost failure, with what to do: Temporal's message does not say it for every failure. */
export function failureMessage(innermost: unknown): string {
  if (!(innermost instanceof TerminatedFailure)) return messageOf(innermost);
  return 'somebody terminated the run. Run the day again; the run in the Temporal UI says who it was and why.';
}
