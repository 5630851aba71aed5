import type { Client, ScheduleHandle } from '@temporalio/client';
import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns';
import { nightlyScheduleId } from '../../../domain/late-data';
import { parsePipelineName } from '../../../domain/pipeline';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { refuseConflicts } from '../../../engines/pipeline/neighbour-pipelines';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { datedTimes } from '../../operate/schedule/schedule-settings';
import {
  applySchedules,
  deleteSchedules,
  lateDataScheduleId,
  scheduleIds,
  withSchedule,
  type AppliedSchedule,
} from '../../operate/schedule/schedules';
import { print, printJson } from '../../output/print';
import { warnOfUncompared } from '../../output/uncompared';

export interface ScheduleOptions {
  readonly pipeline: string;
  readonly json: boolean;
}

export interface ApplyOptions extends ScheduleOptions {
  readonly dryRun: boolean;
}

export interface TriggerOptions extends ScheduleOptions {
  readonly lateData: boolean;
}

export async function apply({ dryRun, ...options }: ApplyOptions): Promise<void> {
  const loaded = await loadPipelineNamed(readConfig().pipelines, options.pipeline);
  warnOfUncompared(await refuseConflicts(loaded));
  const { pipeline } = loaded;
  await within(options, async (client, name) => {
    const applied = await applySchedules(client, pipeline, dryRun);
    const next = dryRun ? [] : await describeAll(client, name);
    if (options.json) printJson({ dryRun, applied, schedules: next });
    else {
      for (const one of applied) describeApplied(one, dryRun).forEach(print);
      next.forEach(printFields);
    }
  });
}

export function pause(options: ScheduleOptions): Promise<void> {
  return forBoth(options, 'paused', (handle) => handle.pause('paused by daybreak schedule pause'));
}

export function resume(options: ScheduleOptions): Promise<void> {
  return forBoth(options, 'resumed', (handle) => handle.unpause('resumed by daybreak schedule resume'));
}

export async function trigger({ lateData, ...options }: TriggerOptions): Promise<void> {
  await within(options, async (client, name) => {
    const id = lateData ? lateDataScheduleId(name) : nightlyScheduleId(name);
    await withSchedule(client, { id, pipeline: name }, (handle) => handle.trigger());
    show(options, [{ schedule: id, done: 'triggered' }]);
  });
}

export async function describe(options: ScheduleOptions): Promise<void> {
  await within(options, async (client, name) => {
    show(options, await describeAll(client, name));
  });
}

export async function remove(options: ScheduleOptions): Promise<void> {
  await within(options, async (client, name) => {
    show(options, await deleteSchedules(client, name));
  });
}

/** Does the same to both schedules. */
async function forBoth(
  options: ScheduleOptions,
  done: string,
  act: (handle: ScheduleHandle) => Promise<void>,
): Promise<void> {
  await within(options, async (client, pipeline) => {
    const ids = scheduleIds(pipeline);
    for (const id of ids) await withSchedule(client, { id, pipeline }, act);
    show(
      options,
      ids.map((schedule) => ({ schedule, done })),
    );
  });
}

async function within(
  { pipeline }: ScheduleOptions,
  act: (client: Client, name: string) => Promise<void>,
): Promise<void> {
  const name = parsePipelineName(pipeline);
  await withClient(readConfig(), (client) => act(client, name));
}

/** Times in the zone of each schedule. */
async function describeAll(client: Client, pipeline: string): Promise<object[]> {
  return Promise.all(
    scheduleIds(pipeline).map(async (id) => {
      const { state, info, spec } = await withSchedule(client, { id, pipeline }, (handle) => handle.describe());
      const local = (instant: Date): string =>
        format(new TZDate(instant.getTime(), spec.timezone ?? 'UTC'), 'yyyy-MM-dd HH:mm XXX');
      const today = local(new Date()).slice(0, 10);
      const shifted = datedTimes(spec.calendars ?? []).filter((time) => time >= today);
      return {
        schedule: id,
        state: state.paused ? `paused (${state.note ?? ''})` : 'running',
        next: info.nextActionTimes.slice(0, 3).map(local),
        ...(shifted.length > 0 && { atClockChanges: shifted.slice(0, 3) }),
        recent: info.recentActions.map(({ scheduledAt }) => local(scheduledAt)),
      };
    }),
  );
}

function describeApplied({ schedule, done, changes }: AppliedSchedule, dryRun: boolean): string[] {
  return [
    dryRun && done !== 'unchanged' ? `${schedule}: would be ${done}` : `${schedule}: ${done}`,
    ...changes.map(({ setting, from, to }) => `  ${setting}: ${from === undefined ? '' : `${cut(from)} → `}${cut(to)}`),
  ];
}

const SHOWN_CHARACTERS = 100;

/** The nights of a zone over decades make a long line. */
function cut(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}… (--json shows all)`;
}

function show({ json }: ScheduleOptions, rows: readonly object[]): void {
  if (json) printJson(rows);
  else rows.forEach(printFields);
}

function printFields(fields: object): void {
  for (const [key, value] of Object.entries(fields)) {
    print(`${key}: ${Array.isArray(value) ? value.join(', ') : String(value)}`);
  }
}
