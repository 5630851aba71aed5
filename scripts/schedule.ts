import {
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleHandle,
  type ScheduleOptions,
} from '@temporalio/client';
import { DaybreakError } from '../domain/errors';
import type { Pipeline } from '../domain/pipeline';
import { pipelineAttribute } from '../domain/search-attributes';
import { TASK_QUEUES } from '../domain/task-queues';
import type { nightlyBatch } from '../workflows';

export function scheduleId(pipeline: string): string {
  return `nightly/${pipeline}`;
}

/** The nightly recompute as a Temporal Schedule, every policy chosen. */
export function nightlySchedule({ name, timeZone, schedule }: Pipeline) {
  const [hour, minute] = schedule.at.split(':').map(Number) as [number, number]; // The pipeline's schema says HH:MM.
  return {
    scheduleId: scheduleId(name),
    spec: {
      calendars: [{ hour, minute, comment: `recompute the day before, every night at ${schedule.at} ${timeZone}` }],
      timezone: timeZone,
    },
    action: {
      type: 'startWorkflow',
      workflowType: 'nightlyBatch' as const,
      workflowId: `nightly-batch/${name}`,
      taskQueue: TASK_QUEUES.batch,
      args: [{ pipeline: name, timeZone }] as Parameters<typeof nightlyBatch>,
      staticSummary: `${name}, nightly`,
      typedSearchAttributes: [{ key: pipelineAttribute, value: name }],
    },
    policies: {
      // Nights that were missed, or that a long run overlaps, are done one after another and none is dropped.
      overlap: ScheduleOverlapPolicy.BUFFER_ALL,
      catchupWindow: '30 days',
      // One bad day must not keep the next days from being recomputed.
      pauseOnFailure: false,
    },
  } satisfies ScheduleOptions;
}

/** Creates the schedule, or brings it to what the pipeline says and leaves it paused or running as it is. */
export async function applySchedule(client: Client, pipeline: Pipeline): Promise<'created' | 'updated'> {
  const wanted = nightlySchedule(pipeline);
  const handle = client.schedule.getHandle(wanted.scheduleId);
  try {
    await handle.update(({ state }) => ({ ...wanted, state }));
    return 'updated';
  } catch (thrown) {
    if (!(thrown instanceof ScheduleNotFoundError)) throw thrown;
    await client.schedule.create(wanted);
    return 'created';
  }
}

/** Calls a method of the schedule's handle; throws NOT_RUNNING where it was never applied. */
export async function withSchedule<T>(
  client: Client,
  pipeline: string,
  call: (handle: ScheduleHandle) => Promise<T>,
): Promise<T> {
  try {
    return await call(client.schedule.getHandle(scheduleId(pipeline)));
  } catch (cause) {
    if (!(cause instanceof ScheduleNotFoundError)) throw cause;
    throw new DaybreakError('NOT_RUNNING', {
      what: `there is no schedule ${scheduleId(pipeline)} in Temporal`,
      remedy: `Create it: npx daybreak schedule apply --pipeline ${pipeline}`,
      cause,
    });
  }
}
