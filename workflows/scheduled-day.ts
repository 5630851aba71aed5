import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import * as z from 'zod';
import { businessDateOf, isTimeZone, shiftDate, type BusinessDate } from '../domain/business-date';
import { pipelineInput, shortText } from '../domain/parse-input';

/** What a schedule gives the workflows that it starts once a day. */
export interface ScheduledDayInput {
  readonly pipeline: string;
  /** The pipeline's time zone, in which the day of the schedule's time is found. */
  readonly timeZone: string;
}

export const scheduledDayInput = z.strictObject({
  pipeline: pipelineInput,
  timeZone: shortText,
}) satisfies z.ZodType<ScheduledDayInput>;

/** Temporal sets it on runs that a schedule starts: when the run was due, however late it began. */
const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/** The day before the one on which the workflow was due, and when that was. Without a schedule it was due at its start. */
export function dayBefore(timeZone: string): { readonly date: BusinessDate; readonly due: Date } {
  // A plain error would fail the workflow task, which Temporal retries forever.
  if (!isTimeZone(timeZone)) throw ApplicationFailure.nonRetryable(`${timeZone} is no time zone`, 'WRONG_USAGE');
  const { typedSearchAttributes, startTime } = workflowInfo();
  const due = typedSearchAttributes.get(scheduledStart) ?? startTime;
  return { date: shiftDate(businessDateOf(due, timeZone), -1), due };
}
