import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { executeChild, ParentClosePolicy, workflowInfo } from '@temporalio/workflow';
import { businessDateOf, shiftDate } from '../domain/business-date';
import { dailyBatchId, type DailyBatchResult } from '../domain/daily-batch';
import { dateAttribute, pipelineAttribute } from '../domain/search-attributes';
import { dailyBatch } from './daily-batch';

export interface NightlyBatchInput {
  readonly pipeline: string;
  /** The pipeline's zone, in which the schedule's time has its day. */
  readonly timeZone: string;
}

/** Set by Temporal on what a schedule starts: when it was due, however late it began. */
const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/**
 * What the schedule starts: recomputes the day before the one in which it was due. The day comes from the schedule's own
 * timestamp, so that a run that is caught up after an outage still does the day it was meant for.
 */
export async function nightlyBatch({ pipeline, timeZone }: NightlyBatchInput): Promise<DailyBatchResult> {
  const { typedSearchAttributes, startTime } = workflowInfo();
  const due = typedSearchAttributes.get(scheduledStart) ?? startTime;
  const date = shiftDate(businessDateOf(due, timeZone), -1);
  return executeChild(dailyBatch, {
    workflowId: dailyBatchId(pipeline, date),
    args: [{ pipeline, date }],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: `${pipeline} ${date}, nightly`,
    typedSearchAttributes: [
      { key: pipelineAttribute, value: pipeline },
      { key: dateAttribute, value: date },
    ],
  });
}
