import { ApplicationFailure } from '@temporalio/workflow';

/** A speed layer that fails for good. Earlier versions failed like this when an activity failed. */
export function speedLayer(): Promise<never> {
  return fail();
}

/** A check for late data whose pipeline cannot be read. */
export function lateDataWatch(): Promise<never> {
  return fail();
}

function fail(): Promise<never> {
  return Promise.reject(ApplicationFailure.nonRetryable('a table is cut. Write it again.', 'BAD_TABLE'));
}
