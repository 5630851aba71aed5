import { makeContinueAsNewFunc, workflowInfo, type Workflow } from '@temporalio/workflow';

/**
 * Continues as new with the run's memo, which is encrypted anew. Without this, Temporal copies the memo as the first run
 * had it: in plain text, or with a key that is removed one day.
 */
export async function continueAsNew<F extends Workflow>(...args: Parameters<F>): Promise<never> {
  const { memo } = workflowInfo();
  return makeContinueAsNewFunc<F>({ ...(memo && { memo }) })(...args);
}
