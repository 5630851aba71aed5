import { ApplicationFailure } from '@temporalio/workflow';

/** A speed layer that fails for good, as those of earlier versions did when an activity failed. */
export function speedLayer(): Promise<never> {
  return Promise.reject(ApplicationFailure.nonRetryable('a table is cut. Write it again.', 'BAD_TABLE'));
}
