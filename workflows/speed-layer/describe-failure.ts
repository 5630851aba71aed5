import { ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import { ERROR_CODES, messageOf } from '../../domain/errors';
import { innermostFailure } from '../../domain/innermost-failure';

/** The reason of an activity's failure, with its code and its remedy. */
export function describeFailure(thrown: unknown): string {
  const cause = innermostFailure(thrown);
  if (cause instanceof ApplicationFailure && cause.type != null && cause.type in ERROR_CODES)
    return `${cause.type}: ${cause.message}`;
  if (cause instanceof TimeoutFailure) return `${cause.message}. Check that its worker runs and is not overloaded.`;
  return `${messageOf(cause)}. Read the worker's log; it is tried again by itself.`;
}
