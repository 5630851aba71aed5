import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { codeOf, innermostFailure, lastFailure } from '../../domain/innermost-failure';

const inActivity = (cause?: Error): Error =>
  new ActivityFailure('failed', 'proveDay', '1', RetryState.NON_RETRYABLE_FAILURE, undefined, cause);
const inChild = (cause: Error): Error =>
  new ChildWorkflowFailure(
    'default',
    { workflowId: 'day', runId: '1' },
    'dailyBatch',
    RetryState.NON_RETRYABLE_FAILURE,
    cause,
  );

it('is what an activity of a child workflow failed with, and not the cause of that', () => {
  const failure = ApplicationFailure.create({ type: 'PROOF_FAILED', cause: new Error('the cause') });
  expect(innermostFailure(inChild(inActivity(failure)))).toBe(failure);
  expect(innermostFailure(failure)).toBe(failure);
});

it('is the timeout, where there was one, and not the failure of the attempt before it', () => {
  const cause = ApplicationFailure.create({ type: 'OUTPUT_FAILED' });
  const timeout = Object.assign(new TimeoutFailure('late', undefined, TimeoutType.START_TO_CLOSE), { cause });
  expect(innermostFailure(inActivity(timeout))).toBe(timeout);
});

describe('the last failure', () => {
  const timeoutAfter = (cause?: Error): TimeoutFailure =>
    Object.assign(new TimeoutFailure('late', undefined, TimeoutType.HEARTBEAT), cause && { cause });

  it('is that of the attempt before a timeout, which has the code', () => {
    const before = ApplicationFailure.create({ type: 'OUTPUT_FAILED' });
    expect(lastFailure(inChild(inActivity(timeoutAfter(before))))).toBe(before);
    expect(codeOf(before)).toBe('OUTPUT_FAILED');
  });

  it('is the timeout itself, where no attempt before it failed', () => {
    for (const timeout of [timeoutAfter(), timeoutAfter(new CancelledFailure('the worker was shut down'))]) {
      expect(lastFailure(inActivity(timeout))).toBe(timeout);
      expect(codeOf(timeout)).toBe('ENGINE_FAILED');
    }
  });
});

it('is what was thrown, where that wraps nothing', () => {
  const alone = inActivity();
  expect(innermostFailure(alone)).toBe(alone);
  expect(innermostFailure('text')).toBe('text');
});
