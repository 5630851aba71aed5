import { WorkflowFailedError } from '@temporalio/client';
import { RetryState, TerminatedFailure } from '@temporalio/common';
import { failureOf } from '../../../scripts/operate/workflow-failure';

it('says that somebody terminated a workflow', () => {
  const terminated = new TerminatedFailure('the disk is needed');
  const failed = new WorkflowFailedError('Workflow execution terminated', terminated, RetryState.NON_RETRYABLE_FAILURE);
  expect(failureOf('daily-batch/events/2026-11-21', failed)).toMatchObject({
    code: 'CANCELLED',
    what: 'somebody terminated workflow daily-batch/events/2026-11-21: the disk is needed',
  });
});
