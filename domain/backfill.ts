import type { BusinessDate } from './business-date';

/**
 * Which days of a range a backfill runs: `missing` were never replaced, `failed` ended their last run otherwise,
 * `changed` have other files or another transform than their last build, `all` is every day.
 */
export const BACKFILL_SELECTIONS = ['missing', 'failed', 'changed', 'all'] as const;
export type BackfillSelection = (typeof BACKFILL_SELECTIONS)[number];

export interface BackfillInput {
  readonly pipeline: string;
  /** First and last local day, both included, YYYY-MM-DD. */
  readonly from: string;
  readonly to: string;
  /** Days at once, 1 to 100. Default 2. */
  readonly parallel?: number;
  /** Default `missing`, so that the same call again does only what is left. */
  readonly only?: BackfillSelection;
  /** Days after which the workflow continues as new. 1 to 1,000. Default 300, some thousand events of history. */
  readonly daysPerRun?: number;
  /** What the workflow hands to itself when it continues as new. */
  readonly continued?: BackfillState;
}

export interface BackfillState {
  /** The days that were selected when the backfill began. */
  readonly requested: readonly BusinessDate[];
  readonly outcomes: readonly DayOutcome[];
}

/** How the run of a day ended. */
export interface DayOutcome {
  readonly date: BusinessDate;
  /** 'replaced', 'refused:<gate code>', 'failed:<error code>', 'cancelled', or that of a restore that was waited for. */
  readonly outcome: string;
  /** The day was running already, and that run was waited for. */
  readonly joined?: boolean;
  /** Why it failed. */
  readonly reason?: string;
}

/** What the workflow's query tells while it runs, and what it ends with. */
export interface BackfillProgress {
  readonly pipeline: string;
  readonly from: string;
  readonly to: string;
  readonly only: BackfillSelection;
  /** Undefined until the days are selected. */
  readonly requested: number | undefined;
  /** Days whose run is over; equal to `requested` at the end. */
  readonly completed: number;
  readonly replaced: number;
  readonly running: readonly BusinessDate[];
  /** Every day that did not get replaced. */
  readonly failed: readonly DayOutcome[];
}

export interface BackfillResult extends BackfillProgress {
  readonly requested: number;
  readonly days: readonly DayOutcome[];
}

export function backfillId(pipeline: string, from: string, to: string): string {
  return `backfill/${pipeline}/${from}_${to}`;
}

/** Whether the day is served by the batch now. */
export function succeeded({ outcome }: DayOutcome): boolean {
  return !/^(refused:|failed:|not-restored:|cancelled$)/.test(outcome);
}

/** What the days that did not succeed have in common, for one line: '3 × failed:NO_INPUT, 1 × refused:EMPTY_DAY'. */
export function failureSummary(failed: readonly DayOutcome[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of failed) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${count} × ${outcome}`).join(', ');
}
