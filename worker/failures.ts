import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { DaybreakError } from '../domain/errors';

/** Passes a DaybreakError to Temporal as a failure whose type is its code. It is retried only if a retry can help. */
export const typedFailures: ActivityInboundCallsInterceptor = {
  async execute(input, next) {
    try {
      return await next(input);
    } catch (thrown) {
      if (!(thrown instanceof DaybreakError)) throw thrown;
      if (thrown.code === 'CANCELLED') throw new CancelledFailure(thrown.what, undefined, thrown);
      throw ApplicationFailure.create({
        type: thrown.code,
        message: `${thrown.what}. ${thrown.remedy}`,
        nonRetryable: !thrown.retry,
        ...(thrown.cause instanceof Error && { cause: thrown.cause }),
      });
    }
  },
};
