import { CancellationScope, log, patched, proxyActivities } from '@temporalio/workflow';
import type { OperateActivities } from '../activities/operate';
import { ACTIVITY_SUMMARIES } from '../domain/activity-summaries';
import type { Notice } from '../domain/notice';
import { reasonOf } from './run-day';

const { notify } = proxyActivities<OperateActivities>({
  startToCloseTimeout: '3 minutes',
  // The watch for late data is hourly, and its next check does not come while this one runs.
  scheduleToCloseTimeout: '30 minutes',
  summary: ACTIVITY_SUMMARIES.notify,
  retry: { initialInterval: '2 seconds', maximumInterval: '5 minutes' },
});

/** Tells the pipeline's webhooks. If they cannot be told, the log says so: the day's own outcome stays. */
export async function tell(notice: Notice | undefined): Promise<void> {
  if (notice === undefined || !patched('notices')) return;
  try {
    await notify(notice);
  } catch (thrown) {
    if (CancellationScope.current().consideredCancelled) throw thrown;
    log.warn('the webhooks could not be told', { kind: notice.kind, date: notice.date, reason: reasonOf(thrown) });
  }
}
