import { ApplicationFailure, log, upsertSearchAttributes } from '@temporalio/workflow';
import { succeeded, type DayOutcome } from '../domain/backfill';
import { markdown } from '../domain/markdown';
import { failureNotice } from '../domain/notice';
import { dateAttribute, outcomeAttribute } from '../domain/search-attributes';
import { checkedInput } from './checked-input';
import { linkToDay } from './link-to-day';
import { tell } from './notices';
import { runDay } from './run-day';
import { dayBefore, scheduledDayInput, type ScheduledDayInput } from './scheduled-day';
import { showDetails } from './show-details';

/**
 * The schedule starts it. It recomputes the day before the one on which it was due. The day comes from the schedule's
 * own timestamp, so a run that is caught up after an outage still does the intended day. Fails with the day's code.
 */
export async function nightlyBatch(input: ScheduledDayInput): Promise<DayOutcome> {
  const { pipeline, timeZone } = checkedInput(scheduledDayInput, input);
  const { date, due } = dayBefore(timeZone);
  upsertSearchAttributes([{ key: dateAttribute, value: date }]);
  const run = linkToDay(pipeline, date);
  showDetails(markdown`recomputing ${date}, due since ${due.toISOString()}: ${run}`);
  log.info('recomputing the day before', { date });
  const day = await runDay(pipeline, date, 'nightly');
  showDetails(markdown`${date}: **${day.outcome}**, ${run}\n\n${day.reason ?? ''}`);
  upsertSearchAttributes([{ key: outcomeAttribute, value: day.outcome }]);
  if (succeeded(day)) return day;
  await tell(failureNotice(pipeline, day));
  throw ApplicationFailure.create({
    type: day.outcome.slice(day.outcome.indexOf(':') + 1),
    message: `${date} was not replaced: ${day.outcome}. ${day.reason ?? ''}`,
    nonRetryable: true,
  });
}
