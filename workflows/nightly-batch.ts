import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { ApplicationFailure, log, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { succeeded, type DayOutcome } from '../domain/backfill';
import { businessDateOf, isTimeZone, shiftDate } from '../domain/business-date';
import { markdown } from '../domain/markdown';
import { dateAttribute, outcomeAttribute } from '../domain/search-attributes';
import * as z from 'zod';
import { pipelineInput, shortText } from '../domain/parse-input';
import { checkedInput } from './checked-input';
import { runDay } from './run-day';
import { showDetails } from './show-details';

export interface NightlyBatchInput {
  readonly pipeline: string;
  /** The pipeline's time zone, in which the day of the schedule's time is found. */
  readonly timeZone: string;
}

const inputSchema = z.strictObject({
  pipeline: pipelineInput,
  timeZone: shortText,
}) satisfies z.ZodType<NightlyBatchInput>;

/** Temporal sets it on runs that a schedule starts: when the run was due, however late it began. */
const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/**
 * The schedule starts it. It recomputes the day before the one on which it was due. The day comes from the schedule's
 * own timestamp, so a run that is caught up after an outage still does the intended day. Fails with the day's code.
 */
export async function nightlyBatch(input: NightlyBatchInput): Promise<DayOutcome> {
  const { pipeline, timeZone } = checkedInput(inputSchema, input);
  // A plain error would fail the workflow task, which Temporal retries forever.
  if (!isTimeZone(timeZone)) throw ApplicationFailure.nonRetryable(`${timeZone} is no time zone`, 'WRONG_USAGE');
  const { typedSearchAttributes, startTime } = workflowInfo();
  const due = typedSearchAttributes.get(scheduledStart) ?? startTime;
  const date = shiftDate(businessDateOf(due, timeZone), -1);
  upsertSearchAttributes([{ key: dateAttribute, value: date }]);
  showDetails(markdown`recomputing ${date}, due since ${due.toISOString()}`);
  log.info('recomputing the day before', { date });
  const day = await runDay(pipeline, date, 'nightly');
  showDetails(markdown`${date}: **${day.outcome}**\n\n${day.reason ?? ''}`);
  upsertSearchAttributes([{ key: outcomeAttribute, value: day.outcome }]);
  if (succeeded(day)) return day;
  throw ApplicationFailure.create({
    type: day.outcome.slice(day.outcome.indexOf(':') + 1),
    message: `${date} was not replaced: ${day.outcome}. ${day.reason ?? ''}`,
    nonRetryable: true,
  });
}
