import { ActivityFailure, ChildWorkflowFailure } from '@temporalio/common';

/**
 * The failure that says what happened. Temporal wraps it in a failure of the activity, and in one for each child
 * workflow around that. A timeout is returned itself, and not its cause, which is the failure of the attempt before it.
 */
export function innermostFailure(thrown: unknown): unknown {
  const isWrapper = thrown instanceof ActivityFailure || thrown instanceof ChildWorkflowFailure;
  return isWrapper && thrown.cause !== undefined ? innermostFailure(thrown.cause) : thrown;
}
