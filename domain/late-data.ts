import * as z from 'zod';
import { succeeded } from './backfill';
import type { BusinessDate } from './business-date';
import type { DaybreakError } from './errors';
import { pipelineInput } from './parse-input';
import type { Pipeline } from './pipeline';

/** How a day's input files compare with those of its published build. */
export interface DaySurvey {
  readonly date: BusinessDate;
  /** `none`: no files and no build; `unbuilt`: files, but no build; `expired`: files of the build are gone. */
  readonly inputs: 'none' | 'unbuilt' | 'unchanged' | 'changed' | 'expired';
  /** Lines in new files and lines added since the build; all lines of a file that was rewritten. */
  readonly lateRows: number;
  /** Whether transform, settings or tables differ from the build's. */
  readonly otherTransform: boolean;
  /** When the day was last built or replaced, ISO 8601. */
  readonly changedAt?: string;
  /** Whether the batch has ever replaced the day. */
  readonly replaced: boolean;
  /** Whether an operator restored the version that serves the day. */
  readonly restored: boolean;
}

/** What Temporal knows of a day's nightly run. */
export interface NightlyRun {
  /** Whether the pipeline has a schedule of nightly runs. Without one, no night comes. */
  readonly hasSchedule: boolean;
  /** The latest time at which the run was due by the pipeline's settings, including its jitter. */
  readonly due: Date;
  /** The first time at which the schedule starts a run; undefined if it has no such time. */
  readonly begins?: Date | undefined;
  /** Whether a nightly run of the pipeline is running or waiting behind others. */
  readonly underWay: boolean;
  /** The last run of the day that Temporal still keeps, no matter who started it; `endedAt` if it has ended. */
  readonly last?: { readonly running: boolean; readonly outcome: string; readonly endedAt?: Date };
}

export interface LateDataDecision {
  readonly date: BusinessDate;
  /**
   * `missed`: the day has files, and no run built it. `build`: the same, and the pipeline says that the watch runs it.
   * `unknown`: its files cannot be compared with its build.
   */
  readonly decision: 'recompute' | 'build' | 'missed' | 'leave' | 'wait' | 'cannot' | 'unknown';
  readonly lateRows: number;
  /** One sentence for people. */
  readonly because: string;
}

type Settings = Pick<Pipeline['lateData'], 'minimumRows' | 'minimumHoursBetween' | 'missedDays'>;

/**
 * Whether a day is recomputed for its late rows at `now`, or built because no run built it, and why.
 *
 * @param nightly undefined if Temporal cannot be reached: then no day counts as missed, and no run as tried.
 */
export function decideLateData(
  settings: Settings,
  survey: DaySurvey,
  now: Date,
  nightly?: NightlyRun,
): LateDataDecision {
  const { date, lateRows } = survey;
  const decide = (decision: LateDataDecision['decision'], because: string): LateDataDecision => ({
    date,
    decision,
    lateRows,
    because,
  });
  switch (survey.inputs) {
    case 'none':
      return decide('leave', 'no input file and no build');
    case 'unbuilt':
      return decide(...decideUnbuilt(settings, survey, now, nightly));
    case 'unchanged':
      return decide('leave', 'its files are those of its build');
    case 'expired':
      return decide(
        'cannot',
        'files of its build are gone or empty now: a recompute would lose their rows, so the day stays as it is',
      );
    case 'changed':
      break;
  }
  if (survey.restored) {
    return decide(
      'leave',
      `an operator restored it at ${survey.changedAt ?? 'an unknown time'}, and its files are others than that version's: it holds until somebody runs it`,
    );
  }
  if (lateRows < settings.minimumRows) {
    return decide('wait', `${lateRows} late rows, the pipeline waits for ${settings.minimumRows}`);
  }
  // A run that failed before its build ended has changed nothing. Each check would run it again.
  const { last } = nightly ?? {};
  const failedAt = last === undefined || succeeded(last) ? undefined : last.endedAt;
  const triedAt = Math.max(new Date(survey.changedAt ?? 0).getTime(), failedAt?.getTime() ?? 0);
  const due = triedAt + settings.minimumHoursBetween * 3_600_000;
  if (now.getTime() < due) {
    return decide('wait', `${lateRows} late rows; built or tried lately, due from ${new Date(due).toISOString()}`);
  }
  return decide('recompute', `${lateRows} late rows`);
}

/** The decision about a day whose files cannot be compared with its build. */
export function notCompared(date: BusinessDate, { code, what, remedy }: DaybreakError): LateDataDecision {
  const because = `its files cannot be compared: ${code}: ${what}. ${remedy}`;
  return { date, decision: 'unknown', lateRows: 0, because };
}

/** A schedule that comes back after an outage starts its runs within this time. */
const GRACE_MILLISECONDS = 3_600_000;

function decideUnbuilt(
  { missedDays }: Settings,
  { replaced }: DaySurvey,
  now: Date,
  nightly: NightlyRun | undefined,
): [LateDataDecision['decision'], string] {
  if (nightly === undefined) return ['leave', 'not built yet: the nightly run or a backfill does that'];
  const { hasSchedule, due, begins, underWay, last } = nightly;
  if (last?.running === true) return ['leave', 'not built yet: its run is under way'];
  const cameAfterwards = last?.outcome.endsWith(':NO_INPUT') === true;
  if (last !== undefined && !cameAfterwards) return ['leave', `not built: its last run ended with ${last.outcome}`];
  if (replaced) return ['leave', 'it was replaced, and its build is not kept any more'];
  if (begins !== undefined && due < begins) return ['leave', 'not built: the schedule begins with a later day'];
  if (underWay) return ['leave', 'not built yet: nightly runs are under way'];
  if (now.getTime() < due.getTime() + GRACE_MILLISECONDS) {
    return ['leave', `not built yet: ${hasSchedule ? `its nightly run is due at ${due.toISOString()}` : NO_SCHEDULE}`];
  }
  const without = hasSchedule ? `its nightly run was due at ${due.toISOString()} and did not come` : NO_SCHEDULE;
  const why = `never built: ${cameAfterwards ? 'its files came after a run that found none' : without}`;
  return missedDays === 'build' ? ['build', why] : ['missed', why];
}

const NO_SCHEDULE = 'the pipeline has no nightly schedule';

export interface LateDataWatchInput {
  readonly pipeline: string;
}

export const lateDataWatchInputSchema = z.strictObject({
  pipeline: pipelineInput,
}) satisfies z.ZodType<LateDataWatchInput>;

export interface LateDataWatchResult {
  readonly pipeline: string;
  /** Each day that was checked, latest first. `outcome` is set if it was recomputed. */
  readonly days: readonly (LateDataDecision & { readonly outcome?: string })[];
}

export function lateDataWatchId(pipeline: string): string {
  return `late-data-watch/${pipeline}`;
}

/** The id of the schedule that starts the nightly runs. */
export function nightlyScheduleId(pipeline: string): string {
  return `nightly/${pipeline}`;
}
