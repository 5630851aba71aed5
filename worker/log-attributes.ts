import type { Context } from '@temporalio/activity';
import type { ActivityOutboundCallsInterceptor } from '@temporalio/worker';

/** Each line of an activity's log names the pipeline, the date and the run: workflow ids are made of the first two. */
export function logAttributes({ info }: Context): ActivityOutboundCallsInterceptor {
  return {
    getLogAttributes(input, next) {
      const run = runOf(info.workflowExecution?.workflowId ?? '');
      return next({ ...input, ...run, run: info.workflowExecution?.runId });
    },
  };
}

/** Pipeline and date of `daily-batch/<pipeline>/<date>`; the pipeline alone of other workflows. */
export function runOf(workflowId: string): { readonly pipeline?: string; readonly date?: string } {
  const [, pipeline, date = ''] = workflowId.split('/');
  return {
    ...(pipeline !== undefined && { pipeline }),
    ...(/^\d{4}-\d\d-\d\d$/.test(date) && { date }),
  };
}
