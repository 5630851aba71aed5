import { WorkflowFailedError } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { failureOf } from '../../../scripts/operate/workflow-failure';

it('says that somebody terminated a workflow', () => {
  const terminated = new TerminatedFailure('the disk is needed');
  const failed = new WorkflowFailedError('Workflow execution terminated', terminated, RetryState.NON_RETRYABLE_FAILURE);
  expect(failureOf('daily-batch/events/2026-11-21', failed)).toMatchObject({
    code: 'CANCELLED',
    what: 'somebody terminated workflow daily-batch/events/2026-11-21: the disk is needed',
  });
});

describe('a timeout', () => {
  const timedOut = (cause?: Error): WorkflowFailedError => {
    const timeout = Object.assign(
      new TimeoutFailure('activity Heartbeat timeout', undefined, TimeoutType.HEARTBEAT),
      cause && { cause },
    );
    const state = RetryState.MAXIMUM_ATTEMPTS_REACHED;
    const failure = new ActivityFailure('Activity task timed out', 'buildDay', '1', state, undefined, timeout);
    return new WorkflowFailedError('Workflow execution failed', failure, state);
  };

  it('has the code and the message of the attempt before it', () => {
    const before = ApplicationFailure.create({ type: 'STORAGE_FAILED', message: 'S3 did not answer. Look at it.' });
    expect(failureOf('daily-batch/events/2026-11-21', timedOut(before))).toMatchObject({
      code: 'STORAGE_FAILED',
      what: 'S3 did not answer. Look at it',
    });
  });

  it('says what can be the cause if there was no attempt before it', () => {
    expect(failureOf('daily-batch/events/2026-11-21', timedOut())).toMatchObject({
      code: 'ENGINE_FAILED',
      what: expect.stringMatching(/^activity Heartbeat timeout: its worker died or hangs/) as string,
    });
  });
});
