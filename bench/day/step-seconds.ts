import type { Client } from '@temporalio/client';
import { dailyBatchId, type DailyBatchStep } from '../../domain/daily-batch';

const STEPS: Readonly<Record<string, DailyBatchStep>> = {
  planDay: 'plan',
  awaitSettledInput: 'settle',
  buildDay: 'build',
  checkGate: 'gate',
  endReindexTasks: 'seal',
  sealDay: 'seal',
  reindexDay: 'reindex',
  proveDay: 'prove',
  storeReconciliation: 'reconcile',
};

/** The seconds of each step of the day's last run, from its history, in the order of the steps. The rebuild is a build. */
export async function stepSeconds(
  client: Client,
  pipeline: string,
  date: string,
): Promise<ReadonlyMap<DailyBatchStep, number>> {
  const { events } = await client.workflow.getHandle(dailyBatchId(pipeline, date)).fetchHistory();
  const begun = new Map<string, { readonly step: DailyBatchStep; readonly at: number }>();
  const seconds = new Map<DailyBatchStep, number>();
  for (const {
    eventId,
    eventTime,
    activityTaskScheduledEventAttributes,
    activityTaskCompletedEventAttributes,
  } of events ?? []) {
    const at = Number(eventTime?.seconds ?? 0) + (eventTime?.nanos ?? 0) / 1e9;
    const step = STEPS[activityTaskScheduledEventAttributes?.activityType?.name ?? ''];
    if (step !== undefined) begun.set(String(eventId), { step, at });
    const done = begun.get(String(activityTaskCompletedEventAttributes?.scheduledEventId));
    if (done !== undefined) seconds.set(done.step, (seconds.get(done.step) ?? 0) + at - done.at);
  }
  return seconds;
}
