import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleExecutionResult,
  type ScheduleHandle,
  type WorkflowHandle,
} from '@temporalio/client';
import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns';
import { join } from 'node:path';
import { scratchRoot } from '../../../clients/storage/local/scratch-folder';
import { businessDateOf, shiftDate, type BusinessDate } from '../../../domain/business-date';
import { asDaybreakError } from '../../../domain/errors';
import { nightlyScheduleId } from '../../../domain/late-data';
import { outcomeAttribute } from '../../../domain/search-attributes';
import { inputLocationOf, parsePipelineName, type Pipeline } from '../../../domain/pipeline';
import { firstWholeDay } from '../../../engines/input/first-whole-day';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { refuseConflicts } from '../../../engines/pipeline/neighbour-pipelines';
import { readConfig } from '../../../worker/config';
import { outcomeOf } from '../../../activities/operate/day-runs';
import { withClient } from '../../../worker/connect';
import { datedTimes, firstDayOf } from '../../operate/schedule/schedule-settings';
import {
  applySchedules,
  deleteSchedules,
  forSchedules,
  lateDataScheduleId,
  noSchedule,
  withSchedule,
  type AppliedSchedule,
  type ForSchedule,
} from '../../operate/schedule/schedules';
import { failureOf } from '../../operate/workflow-failure';
import { print, printJson, progress } from '../../output/print';
import { warnOfUncompared } from '../../output/uncompared';

export interface ScheduleOptions {
  readonly pipeline: string;
  readonly json: boolean;
}

export interface ApplyOptions extends ScheduleOptions {
  readonly from?: BusinessDate;
  readonly dryRun: boolean;
}

export interface TriggerOptions extends ScheduleOptions {
  readonly lateData: boolean;
}

export async function apply({ dryRun, from, ...options }: ApplyOptions): Promise<void> {
  const { pipelines, data } = readConfig();
  const loaded = await loadPipelineNamed(pipelines, options.pipeline);
  warnOfUncompared(await refuseConflicts(loaded));
  const { pipeline } = loaded;
  await within(options, async (client, name) => {
    const applied = await applySchedules(client, pipeline, dryRun, { from, find: () => firstDay(pipeline, data) });
    const next = dryRun ? [] : await describeAll(client, name);
    if (options.json) printJson({ dryRun, applied, schedules: next });
    else {
      for (const one of applied) describeApplied(one, dryRun).forEach(print);
      next.forEach(printFields);
    }
  });
}

/** Undefined, with a warning, if this machine cannot list the pipeline's files. */
async function firstDay(pipeline: Pipeline, data: string): Promise<BusinessDate | undefined> {
  const location = inputLocationOf(pipeline, join(data, pipeline.name));
  try {
    return await firstWholeDay(pipeline, location, { scratch: scratchRoot(data, pipeline.name) });
  } catch (thrown) {
    const { code, what } = asDaybreakError(thrown);
    progress(
      `! the first night recomputes yesterday, whole or not, since its files cannot be listed here: ${code}: ${what}`,
    );
    return undefined;
  }
}

export function pause(options: ScheduleOptions): Promise<void> {
  return forAll(options, 'paused', (handle) => handle.pause('paused by daybreak schedule pause'));
}

export function resume(options: ScheduleOptions): Promise<void> {
  return forAll(options, 'resumed', (handle) => handle.unpause('resumed by daybreak schedule resume'));
}

export async function trigger({ lateData, ...options }: TriggerOptions): Promise<void> {
  await within(options, async (client, name) => {
    const id = lateData ? lateDataScheduleId(name) : nightlyScheduleId(name);
    const day = await withSchedule(client, { id, pipeline: name }, async (handle) => {
      const recomputed = lateData ? undefined : dayOfTrigger(await handle.describe());
      await handle.trigger();
      return recomputed;
    });
    show(options, [{ schedule: id, ...(day !== undefined && { day }), done: 'triggered' }]);
  });
}

/** The day that a nightly run of now recomputes. Warns if it is before the first night's. */
function dayOfTrigger({ spec }: ScheduleDescription): BusinessDate {
  const day = shiftDate(businessDateOf(new Date(), spec.timezone ?? 'UTC'), -1);
  const first = firstDayOf(spec);
  if (first !== undefined && day < first) {
    progress(`! ${day} is before the schedule's first day, ${first}: it is refused if it has no files of some hours`);
  }
  return day;
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

/** Does the same to every schedule. */
async function forAll(
  options: ScheduleOptions,
  done: string,
  act: (handle: ScheduleHandle) => Promise<void>,
): Promise<void> {
  await within(options, async (client, pipeline) => {
    const acted = await forSchedules(client, pipeline, (handle) => act(handle).then(() => done));
    show(
      options,
      acted.map(({ schedule, result }) => ({ schedule, done: result ?? 'absent' })),
    );
    warnOfAbsent(acted, pipeline);
  });
}

function warnOfAbsent(found: readonly ForSchedule<unknown>[], pipeline: string): void {
  for (const { schedule, result } of found) {
    if (result !== undefined) continue;
    const { what, remedy } = noSchedule(schedule, pipeline);
    progress(`! ${what}. ${remedy}`);
    process.exitCode = 1;
  }
}

async function within(
  { pipeline }: ScheduleOptions,
  act: (client: Client, name: string) => Promise<void>,
): Promise<void> {
  const name = parsePipelineName(pipeline);
  // Schedules from before the encryption can be seen, paused and encrypted: no run takes what is read here.
  await withClient({ ...readConfig(), strictPayloads: false }, (client) => act(client, name));
}

/** Times in the zone of each schedule. */
async function describeAll(client: Client, pipeline: string): Promise<object[]> {
  const found = await forSchedules(client, pipeline, async (handle) => {
    const { state, info, spec } = await handle.describe();
    const local = (instant: Date): string =>
      format(new TZDate(instant.getTime(), spec.timezone ?? 'UTC'), 'yyyy-MM-dd HH:mm XXX');
    const today = local(new Date()).slice(0, 10);
    const begins = firstDayOf(spec);
    const shifted = datedTimes(spec.calendars ?? []).filter((time) => time >= today);
    return {
      state: state.paused ? `paused (${state.note ?? ''})` : 'running',
      ...(begins !== undefined && { firstDay: begins }),
      next: info.nextActionTimes.slice(0, 3).map(local),
      ...(shifted.length > 0 && { atClockChanges: shifted.slice(0, 3) }),
      recent: await Promise.all(
        info.recentActions.map(async (ran) => `${local(ran.scheduledAt)} ${await howItEnded(client, ran)}`),
      ),
    };
  });
  warnOfAbsent(found, pipeline);
  return found.map(({ schedule, result = { state: 'absent', next: [], recent: [] } }) => ({ schedule, ...result }));
}

/** How a run that the schedule started has ended, or that it is running. */
async function howItEnded(client: Client, { action }: ScheduleExecutionResult): Promise<string> {
  const { workflowId, firstExecutionRunId } = action.workflow;
  const handle = client.workflow.getHandle(workflowId, firstExecutionRunId, { followRuns: false });
  try {
    const run = await handle.describe();
    const isUnrecorded = run.status.name === 'FAILED' && run.typedSearchAttributes.get(outcomeAttribute) === undefined;
    return isUnrecorded ? await failedOutcome(handle) : outcomeOf(run);
  } catch (thrown) {
    if (thrown instanceof WorkflowNotFoundError) return 'not kept any more';
    throw thrown;
  }
}

/** The outcome of a run that failed before it recorded one, such as a watch whose pipeline is gone. */
async function failedOutcome(handle: WorkflowHandle): Promise<string> {
  try {
    await handle.result();
    return 'failed';
  } catch (thrown) {
    if (!(thrown instanceof WorkflowFailedError)) throw thrown;
    return `failed:${failureOf(handle.workflowId, thrown).code}`;
  }
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
    print(`${key}: ${Array.isArray(value) ? value.join(', ') || 'none' : String(value)}`);
  }
}
