import { ScheduleNotFoundError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { BusinessDate } from '../../domain/business-date';
import { dailyBatchId } from '../../domain/daily-batch';
import { nightlyScheduleId, type NightlyRun } from '../../domain/late-data';
import { nightOf } from '../../domain/nights';
import type { Pipeline } from '../../domain/pipeline';
import { outcomeOf } from './day-runs';

/** Queries Temporal for the nightly run of a day. */
export async function nightlyRunOf(
  client: Client,
  { name, timeZone, schedule }: Pipeline,
  date: BusinessDate,
): Promise<NightlyRun> {
  const [nights, last] = await Promise.all([scheduledNights(client, name), lastRun(client, name, date)]);
  const due = new Date(nightOf(date, schedule.at, timeZone).getTime() + schedule.jitterSeconds * 1_000);
  return { due, ...nights, ...(last !== undefined && { last }) };
}

async function scheduledNights(
  client: Client,
  pipeline: string,
): Promise<Pick<NightlyRun, 'hasSchedule' | 'begins' | 'underWay'>> {
  try {
    const { info, spec, raw } = await client.schedule.getHandle(nightlyScheduleId(pipeline)).describe();
    const underWay = info.runningActions.length > 0 || Number(raw.info?.bufferSize ?? 0) > 0;
    return { hasSchedule: true, begins: spec.startAt, underWay };
  } catch (thrown) {
    if (thrown instanceof ScheduleNotFoundError) return { hasSchedule: false, underWay: false };
    throw thrown;
  }
}

/** Found by its id, not in a list: a run that has just begun is not listed yet. */
async function lastRun(client: Client, pipeline: string, date: BusinessDate): Promise<NightlyRun['last']> {
  try {
    const run = await client.workflow.getHandle(dailyBatchId(pipeline, date)).describe();
    const { status, closeTime } = run;
    return {
      running: status.name === 'RUNNING',
      outcome: outcomeOf(run),
      ...(closeTime !== undefined && { endedAt: closeTime }),
    };
  } catch (thrown) {
    if (thrown instanceof WorkflowNotFoundError) return undefined;
    throw thrown;
  }
}
