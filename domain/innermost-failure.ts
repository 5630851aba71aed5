import { ActivityFailure, ChildWorkflowFailure } from '@temporalio/common';

/**
 * The failure that says what happened. Temporal wraps it in a failure of the activity, and in one of each child workflow around
 * that. A timeout is told from what the attempt before it failed with, which is its own cause.
 */
export function innermostFailure(thrown: unknown): unknown {
  const isWrapper = thrown instanceof ActivityFailure || thrown instanceof ChildWorkflowFailure;
  return isWrapper && thrown.cause !== undefined ? innermostFailure(thrown.cause) : thrown;
}
