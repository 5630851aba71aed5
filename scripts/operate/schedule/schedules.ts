import {
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
  type ScheduleOptions,
  type ScheduleSpec,
} from '@temporalio/client';
import { dayInterval, type BusinessDate } from '../../../domain/business-date';
import { DaybreakError } from '../../../domain/errors';
import { lateDataWatchId, nightlyScheduleId } from '../../../domain/late-data';
import type { Pipeline } from '../../../domain/pipeline';
import { markdown } from '../../../domain/markdown';
import type { RunMemo } from '../../../domain/run-memo';
import { pipelineAttribute } from '../../../domain/search-attributes';
import { TASK_QUEUES } from '../../../domain/task-queues';
import type { deadlineWatch, lateDataWatch, nightlyBatch } from '../../../workflows';
import { requireReadable } from '../require-readable';
import { nightlyTimes } from './nightly-times';
import { encryptionOfClient, encryptionOfSchedule } from './schedule-encryption';
import { changesBetween, firstDayOf, settingsOf, type ScheduleChange } from './schedule-settings';

export function lateDataScheduleId(pipeline: string): string {
  return `late-data/${pipeline}`;
}

export function deadlineScheduleId(pipeline: string): string {
  return `deadline/${pipeline}`;
}

/** Every schedule that a pipeline may have. */
export function scheduleIds(pipeline: string): string[] {
  return [nightlyScheduleId(pipeline), lateDataScheduleId(pipeline), deadlineScheduleId(pipeline)];
}

export interface PausedSchedule {
  readonly schedule: string;
  /** Why: what the one who paused it wrote, or Temporal after a failure. May be empty. */
  readonly note: string;
}

/** The pipeline's schedules that start nothing until they are resumed. */
export async function pausedSchedules(client: Client, pipeline: string): Promise<PausedSchedule[]> {
  const present = await Promise.all(scheduleIds(pipeline).map((id) => presentSchedule(client, id)));
  return present.flatMap((one) =>
    one?.state.paused === true ? [{ schedule: one.scheduleId, note: one.state.note ?? '' }] : [],
  );
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

/** At a local time of each day, so that the first run is of `firstDay`, the day before it. */
function onceADay(at: string, timeZone: string, firstDay: BusinessDate | undefined): ScheduleSpec {
  return {
    ...nightlyTimes(at, timeZone),
    timezone: timeZone,
    ...(firstDay !== undefined && { startAt: new Date(dayInterval(firstDay, timeZone).end) }),
  };
}

type Action = ScheduleOptions['action'];

/** A pipeline's schedule starts a workflow, and is named as who did. */
function startOf(
  pipeline: string,
  schedule: string,
  workflow: Pick<Action, 'workflowType' | 'workflowId' | 'args' | 'staticSummary'>,
): Action {
  return {
    type: 'startWorkflow',
    ...workflow,
    taskQueue: TASK_QUEUES.batch,
    memo: { trigger: 'schedule', startedBy: schedule } satisfies RunMemo,
    typedSearchAttributes: [{ key: pipelineAttribute, value: pipeline }],
  };
}

/**
 * The nightly recompute as a Temporal Schedule, with every policy chosen.
 *
 * @param firstDay the first day that it recomputes. Default: any.
 */
export function nightlySchedule({ name, timeZone, schedule }: Pipeline, firstDay?: BusinessDate): ScheduleOptions {
  return {
    scheduleId: nightlyScheduleId(name),
    spec: {
      ...onceADay(schedule.at, timeZone, firstDay),
      jitter: schedule.jitterSeconds * SECOND,
    },
    action: startOf(name, nightlyScheduleId(name), {
      workflowType: 'nightlyBatch',
      workflowId: `nightly-batch/${name}`,
      args: [{ pipeline: name, timeZone }] satisfies Parameters<typeof nightlyBatch>,
      staticSummary: markdown`${name}, nightly`.text,
    }),
    policies: {
      // Nights that were missed, or that a long run overlaps, run one after another. None is dropped.
      overlap: ScheduleOverlapPolicy.BUFFER_ALL,
      catchupWindow: schedule.catchUpDays * DAY,
      pauseOnFailure: schedule.pauseOnFailure,
    },
  };
}

/** The schedule of the hourly check for late data, with every policy chosen. */
export function lateDataSchedule({ name, timeZone }: Pipeline): ScheduleOptions {
  return {
    scheduleId: lateDataScheduleId(name),
    spec: {
      // Not at the full hour, because the files of an hour are flushed then.
      calendars: [{ hour: '*', minute: 20, comment: 'look for late data, every hour' }],
      timezone: timeZone,
      jitter: 0,
    },
    action: startOf(name, lateDataScheduleId(name), {
      workflowType: 'lateDataWatch',
      workflowId: lateDataWatchId(name),
      args: [{ pipeline: name }] satisfies Parameters<typeof lateDataWatch>,
      staticSummary: markdown`${name}, late data`.text,
    }),
    policies: {
      // A check finds everything that came since the last one, so missed checks need not be caught up.
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: HOUR,
      pauseOnFailure: false,
    },
  };
}

/**
 * The schedule of the check at the pipeline's deadline, with every policy chosen. It begins with the same day as the
 * nightly recompute.
 */
export function deadlineSchedule(
  { name, timeZone }: Pipeline,
  provenBy: string,
  firstDay: BusinessDate | undefined,
): ScheduleOptions {
  return {
    scheduleId: deadlineScheduleId(name),
    spec: {
      ...onceADay(provenBy, timeZone, firstDay),
      jitter: 0,
    },
    action: startOf(name, deadlineScheduleId(name), {
      workflowType: 'deadlineWatch',
      workflowId: `deadline-watch/${name}`,
      args: [{ pipeline: name, timeZone }] satisfies Parameters<typeof deadlineWatch>,
      staticSummary: markdown`${name}, deadline`.text,
    }),
    policies: {
      overlap: ScheduleOverlapPolicy.ALLOW_ALL,
      // Nobody needs to know late that a day was late.
      catchupWindow: HOUR,
      pauseOnFailure: false,
    },
  };
}

export interface AppliedSchedule {
  readonly schedule: string;
  readonly done: 'created' | 'updated' | 'unchanged' | 'deleted';
  /** The differences from what Temporal had; every setting if it had none. */
  readonly changes: readonly ScheduleChange[];
}

export interface FirstDay {
  /** The first day to recompute. Default: as it is. */
  readonly from?: BusinessDate | undefined;
  /** Finds the first day of a schedule that is created without `from`. Default: any day. */
  readonly find?: (() => Promise<BusinessDate | undefined>) | undefined;
}

/**
 * Changes the pipeline's schedules to what its settings say, encrypted as this client encrypts, and leaves them paused or
 * running as they are. A schedule that is already right is not changed. Throws BAD_CONFIGURATION if the client cannot read
 * what a schedule or the pipeline's latest run holds.
 *
 * @param dryRun only reports what it would do.
 */
export async function applySchedules(
  client: Client,
  pipeline: Pipeline,
  dryRun: boolean,
  { from, find }: FirstDay = {},
): Promise<AppliedSchedule[]> {
  await requireReadable(client, pipeline.name);
  const nightly = await presentSchedule(client, nightlyScheduleId(pipeline.name));
  const firstDay = from ?? (nightly === undefined ? await find?.() : firstDayOf(nightly.spec));
  const lateData = await presentSchedule(client, lateDataScheduleId(pipeline.name));
  return [
    await applySchedule(client, nightly, nightlySchedule(pipeline, firstDay), dryRun),
    await applySchedule(client, lateData, lateDataSchedule(pipeline), dryRun),
    ...(await applyDeadline(client, pipeline, firstDay, nightly?.state.paused === true, dryRun)),
  ];
}

/** Nothing for a pipeline without a deadline, unless it had one. */
async function applyDeadline(
  client: Client,
  pipeline: Pipeline,
  firstDay: BusinessDate | undefined,
  paused: boolean,
  dryRun: boolean,
): Promise<AppliedSchedule[]> {
  const schedule = deadlineScheduleId(pipeline.name);
  const present = await presentSchedule(client, schedule);
  const { provenBy } = pipeline.notify;
  if (provenBy !== undefined) {
    // Nights that are paused are not proven.
    const wanted = { ...deadlineSchedule(pipeline, provenBy, firstDay), state: { paused } };
    return [await applySchedule(client, present, wanted, dryRun)];
  }
  if (present === undefined) return [];
  if (!dryRun) await client.schedule.getHandle(schedule).delete();
  return [{ schedule, done: 'deleted', changes: [] }];
}

async function presentSchedule(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (thrown) {
    if (thrown instanceof ScheduleNotFoundError) return undefined;
    throw thrown;
  }
}

async function applySchedule(
  client: Client,
  present: ScheduleDescription | undefined,
  wanted: ScheduleOptions,
  dryRun: boolean,
): Promise<AppliedSchedule> {
  const schedule = wanted.scheduleId;
  const changes = changesBetween(
    present && settingsOf(present, encryptionOfSchedule(present)),
    settingsOf(wanted, await encryptionOfClient(client)),
  );
  if (present === undefined) {
    if (!dryRun) await client.schedule.create(wanted);
    return { schedule, done: 'created', changes };
  }
  if (changes.length === 0) return { schedule, done: 'unchanged', changes };
  if (!dryRun) await client.schedule.getHandle(schedule).update(({ state }) => ({ ...wanted, state }));
  return { schedule, done: 'updated', changes };
}

export interface DeletedSchedule {
  readonly schedule: string;
  /** 'absent' if Temporal had none. */
  readonly done: 'deleted' | 'absent';
}

/**
 * Deletes a pipeline's schedules. Runs that they have started go on. Throws NOT_RUNNING if Temporal has none of the
 * schedules.
 */
export async function deleteSchedules(client: Client, pipeline: string): Promise<DeletedSchedule[]> {
  const deleted = await forSchedules<'deleted'>(client, pipeline, (handle) => handle.delete().then(() => 'deleted'));
  return deleted.map(({ schedule, result }) => ({ schedule, done: result ?? 'absent' }));
}

export interface ForSchedule<T> {
  readonly schedule: string;
  /** Undefined if Temporal has no such schedule. */
  readonly result: T | undefined;
}

/** Does the same to every schedule of a pipeline. Throws NOT_RUNNING if Temporal has none of them. */
export async function forSchedules<T>(
  client: Client,
  pipeline: string,
  act: (handle: ScheduleHandle) => Promise<T>,
): Promise<ForSchedule<T>[]> {
  const found = await Promise.all(
    scheduleIds(pipeline).map(async (schedule): Promise<ForSchedule<T>> => {
      try {
        return { schedule, result: await act(client.schedule.getHandle(schedule)) };
      } catch (thrown) {
        if (!(thrown instanceof ScheduleNotFoundError)) throw thrown;
        return { schedule, result: undefined };
      }
    }),
  );
  if (found.every(({ result }) => result === undefined))
    throw noSchedule(scheduleIds(pipeline).join(' and no '), pipeline);
  // Most pipelines have no deadline, so that its absence is no news.
  return found.filter(({ schedule, result }) => result !== undefined || schedule !== deadlineScheduleId(pipeline));
}

/** Calls a method of a schedule's handle. Throws NOT_RUNNING if the schedule was never applied. */
export async function withSchedule<T>(
  client: Client,
  { id, pipeline }: { readonly id: string; readonly pipeline: string },
  call: (handle: ScheduleHandle) => Promise<T>,
): Promise<T> {
  try {
    return await call(client.schedule.getHandle(id));
  } catch (cause) {
    if (!(cause instanceof ScheduleNotFoundError)) throw cause;
    throw noSchedule(id, pipeline, cause);
  }
}

export function noSchedule(ids: string, pipeline: string, cause?: unknown): DaybreakError {
  return new DaybreakError('NOT_RUNNING', {
    what: `there is no schedule ${ids} in Temporal`,
    remedy: `If the pipeline should have one, create it: npx daybreak schedule apply --pipeline ${pipeline}`,
    cause,
  });
}
