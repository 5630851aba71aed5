import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { innermostFailure } from '../../domain/innermost-failure';

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

it('is what was thrown, where that wraps nothing', () => {
  const alone = inActivity();
  expect(innermostFailure(alone)).toBe(alone);
  expect(innermostFailure('text')).toBe('text');
});
