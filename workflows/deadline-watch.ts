import { proxyActivities, upsertSearchAttributes } from '@temporalio/workflow';
import type { OperateActivities } from '../activities/operate';
import { ACTIVITY_SUMMARIES } from '../domain/activity-summaries';
import type { BusinessDate } from '../domain/business-date';
import { markdown } from '../domain/markdown';
import { NO_RUN, overdueNotice } from '../domain/notice';
import { dateAttribute, outcomeAttribute } from '../domain/search-attributes';
import { checkedInput } from './checked-input';
import { linkToDay } from './link-to-day';
import { tell } from './notices';
import { dayBefore, scheduledDayInput, type ScheduledDayInput } from './scheduled-day';
import { showDetails } from './show-details';

const { findOverdue } = proxyActivities<OperateActivities>({
  startToCloseTimeout: '1 minute',
  summary: ACTIVITY_SUMMARIES.findOverdue,
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

export interface DeadlineWatchResult {
  readonly date: BusinessDate;
  readonly outcome: 'proven' | 'overdue';
}

/**
 * A schedule starts it at the pipeline's deadline. It tells the webhooks if no run has proven the day before. It ends
 * without a failure then: the day's own run says what is wrong.
 */
export async function deadlineWatch(input: ScheduledDayInput): Promise<DeadlineWatchResult> {
  const { pipeline, timeZone } = checkedInput(scheduledDayInput, input);
  const { date } = dayBefore(timeZone);
  upsertSearchAttributes([{ key: dateAttribute, value: date }]);
  const latest = await findOverdue({ pipeline, date });
  const outcome = latest === undefined ? 'proven' : 'overdue';
  upsertSearchAttributes([{ key: outcomeAttribute, value: outcome }]);
  showDetails(
    latest === undefined
      ? markdown`${date} is proven`
      : markdown`**overdue** — ${date}: ${latest}${latest === NO_RUN ? '' : markdown`, ${linkToDay(pipeline, date)}`}`,
  );
  if (latest !== undefined) await tell(overdueNotice(pipeline, date, latest));
  return { date, outcome };
}
