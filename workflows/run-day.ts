import { TerminatedFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  patched,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { OperateActivities } from '../activities/operate';
import { ACTIVITY_SUMMARIES } from '../domain/activity-summaries';
import type { DayOutcome } from '../domain/backfill';
import { firstSentences } from '../domain/bounded-text';
import type { BusinessDate } from '../domain/business-date';
import { dailyBatchId } from '../domain/daily-batch';
import { outcomeOfCode } from '../domain/gate';
import { codeOf, failureMessage, lastFailure } from '../domain/innermost-failure';
import { markdown } from '../domain/markdown';
import { REASON_CHARACTERS } from '../domain/notice';
import type { RunMemo } from '../domain/run-memo';
import { dateAttribute, pipelineAttribute } from '../domain/search-attributes';
import { dailyBatch } from './daily-batch';

const { joinDay } = proxyActivities<OperateActivities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '24 hours', // A run of the day that somebody else started may take this long.
  summary: ACTIVITY_SUMMARIES.joinDay,
  // Each poll of an unfinished run is a failed attempt.
  retry: { initialInterval: '2 seconds', backoffCoefficient: 1.2, maximumInterval: '20 seconds' },
});

/**
 * Runs a day as a child, or waits for its current run: a day has one run at a time. A failed day is an outcome, not a
 * failure. A cancellation of the caller cancels the child and waits until it has ended.
 */
export async function runDay(pipeline: string, date: BusinessDate, by: RunMemo['trigger']): Promise<DayOutcome> {
  try {
    const { verdict } = await executeChild(dailyBatch, {
      workflowId: dailyBatchId(pipeline, date),
      args: [{ pipeline, date }],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: markdown`${pipeline} ${date}, ${by}`.text,
      memo: { trigger: by, startedBy: workflowInfo().workflowId } satisfies RunMemo,
      typedSearchAttributes: [
        { key: pipelineAttribute, value: pipeline },
        { key: dateAttribute, value: date },
      ],
    });
    return { date, outcome: verdict };
  } catch (thrown) {
    if (CancellationScope.current().consideredCancelled) throw thrown;
    if (thrown instanceof WorkflowExecutionAlreadyStartedError) return joined(pipeline, date);
    return { date, outcome: outcomeOf(thrown), reason: reasonOf(thrown) };
  }
}

/** How somebody else's run of the day ended. If that cannot be found out, only this day fails. */
async function joined(pipeline: string, date: BusinessDate): Promise<DayOutcome> {
  try {
    return await joinDay({ pipeline, date });
  } catch (thrown) {
    if (CancellationScope.current().consideredCancelled || !patched('failed-join-is-an-outcome')) throw thrown;
    const reason = `the run that was under way could not be waited for: ${reasonOf(thrown)}`;
    return { date, outcome: outcomeOf(thrown), joined: true, reason };
  }
}

/** The outcome of a thrown failure: 'cancelled', 'refused:<gate code>', 'failed:<error code>' or 'failed:TERMINATED'. */
export function outcomeOf(thrown: unknown): string {
  if (isCancellation(thrown)) return 'cancelled';
  const failure = lastFailure(thrown);
  if (failure instanceof TerminatedFailure) return 'failed:TERMINATED';
  return outcomeOfCode(codeOf(failure).replace(/^GATE_/, ''));
}

/** The reason of a thrown failure, for people. */
export function reasonOf(thrown: unknown): string {
  return firstSentences(failureMessage(lastFailure(thrown)), REASON_CHARACTERS);
}
