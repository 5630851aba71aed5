import type { BusinessDate } from './business-date';
import type { Pipeline } from './pipeline';

/** How a day's input files compare with those of its published build. */
export interface DaySurvey {
  readonly date: BusinessDate;
  /** `none`: no files and no build; `unbuilt`: files, but no build; `expired`: files of the build are gone. */
  readonly inputs: 'none' | 'unbuilt' | 'unchanged' | 'changed' | 'expired';
  /** Lines in new files and in what grew since the build; whole files where one was rewritten. */
  readonly lateRows: number;
  /** Whether transform, settings or tables are others than the build's. */
  readonly otherTransform: boolean;
  /** When the day was last built or replaced, ISO 8601. */
  readonly changedAt?: string;
  /** Whether the batch has ever replaced the day. */
  readonly replaced: boolean;
  /** Whether an operator brought the version back that serves the day. */
  readonly restored: boolean;
}

export interface LateDataDecision {
  readonly date: BusinessDate;
  readonly decision: 'recompute' | 'leave' | 'wait' | 'cannot';
  readonly lateRows: number;
  /** One sentence for people. */
  readonly because: string;
}

/** Whether a day is recomputed for its late rows at `now`, and why. */
export function decideLateData(settings: Pipeline['lateData'], survey: DaySurvey, now: Date): LateDataDecision {
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
      return decide('leave', 'not built yet: the nightly run or a backfill does that');
    case 'unchanged':
      return decide('leave', 'its files are those of its build');
    case 'expired':
      return decide(
        'cannot',
        'files of its build are gone: a recompute would lose their rows, so the day stays as it is',
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
  const due = new Date(survey.changedAt ?? 0).getTime() + settings.minimumHoursBetween * 3_600_000;
  if (now.getTime() < due) {
    return decide('wait', `${lateRows} late rows; built lately, due from ${new Date(due).toISOString()}`);
  }
  return decide('recompute', `${lateRows} late rows`);
}

export interface LateDataWatchInput {
  readonly pipeline: string;
}

export interface LateDataWatchResult {
  readonly pipeline: string;
  /** Each day that was looked at, latest first; `outcome` where it was recomputed. */
  readonly days: readonly (LateDataDecision & { readonly outcome?: string })[];
}

export function lateDataWatchId(pipeline: string): string {
  return `late-data-watch/${pipeline}`;
}
