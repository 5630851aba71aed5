import * as z from 'zod';
import { firstSentences } from './bounded-text';
import type { BusinessDate } from './business-date';
import { DaybreakError } from './errors';
import { dateInput, pipelineInput, shortText, wholeNumber } from './parse-input';

/**
 * Which days of a range a backfill runs. `missing`: days that were never replaced. `failed`: days whose last run ended
 * otherwise. `changed`: days with other files or another transform than in their last build. `all`: every day.
 */
export const BACKFILL_SELECTIONS = ['missing', 'failed', 'changed', 'all'] as const;
export type BackfillSelection = (typeof BACKFILL_SELECTIONS)[number];

export interface BackfillInput {
  readonly pipeline: string;
  /** First and last local day, both included, YYYY-MM-DD; at most 3,660 days. */
  readonly from: string;
  readonly to: string;
  /** Days that run at once, 1 to 100. Default 2. */
  readonly parallel?: number;
  /** Default `missing`, so that the same call again runs only the remaining days. */
  readonly only?: BackfillSelection;
  /**
   * Days after which the workflow continues as new, 1 to 1,000. Default 300, which makes some thousand events of
   * history.
   */
  readonly daysPerRun?: number;
  /** The state that the workflow passes to its next run when it continues as new. */
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
  /**
   * 'replaced', 'refused:<gate code>', 'failed:<error code>', 'cancelled', or the outcome of a restore that was waited
   * for.
   */
  readonly outcome: string;
  /** The day was already running, and that run was waited for. */
  readonly joined?: boolean;
  /** Why it failed. Absent also where the reasons of other days leave no room; the day's own run has it. */
  readonly reason?: string;
}

const MAXIMUM_PARALLEL = 100;
/** A day takes about twenty events of a history, which may have 51,200. */
const MAXIMUM_DAYS_PER_RUN = 1_000;
/** Ten years. A run passes every day to the next run, and Temporal accepts 2 MiB for this. */
export const MAXIMUM_DAYS = 3_660;

/**
 * The input when a backfill continues as new. A later version may have added fields, and an earlier one accepted longer
 * ranges.
 */
export const continuedBackfillSchema = z.object({
  pipeline: pipelineInput,
  from: dateInput,
  to: dateInput,
  parallel: wholeNumber(1, MAXIMUM_PARALLEL).exactOptional(),
  only: z.enum(BACKFILL_SELECTIONS).exactOptional(),
  daysPerRun: wholeNumber(1, MAXIMUM_DAYS_PER_RUN).exactOptional(),
  continued: z
    .object({
      requested: z.array(dateInput),
      outcomes: z.array(
        z.object({
          date: dateInput,
          outcome: shortText,
          joined: z.boolean().exactOptional(),
          reason: z.string().exactOptional(),
        }),
      ),
    })
    .exactOptional(),
}) satisfies z.ZodType<BackfillInput>;

/** The input with which a caller may start a backfill. Throws BAD_DATE like `requireRange`. */
export const backfillInputSchema = continuedBackfillSchema.strict().transform((input) => {
  requireRange(input);
  return input;
}) satisfies z.ZodType<BackfillInput>;

/** Throws BAD_DATE for a range that ends before it begins, or has more than MAXIMUM_DAYS. */
export function requireRange({ from, to }: { readonly from: BusinessDate; readonly to: BusinessDate }): void {
  if (to < from) {
    throw new DaybreakError('BAD_DATE', { what: `${to} is before ${from}`, remedy: 'Give the earlier day first.' });
  }
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  if (days <= MAXIMUM_DAYS) return;
  throw new DaybreakError('BAD_DATE', {
    what: `${from} to ${to} is ${days} days long, and a backfill may have at most ${MAXIMUM_DAYS}`,
    remedy: 'Run several backfills with shorter ranges, one after another.',
  });
}

/** What the workflow's query returns while it runs, and the workflow at its end. */
export interface BackfillProgress {
  readonly pipeline: string;
  readonly from: string;
  readonly to: string;
  readonly only: BackfillSelection;
  /** Undefined until the days are selected. */
  readonly requested: number | undefined;
  /** Days whose run is over; equals `requested` at the end. */
  readonly completed: number;
  readonly replaced: number;
  readonly running: readonly BusinessDate[];
  /** Every day that was not replaced. */
  readonly failed: readonly DayOutcome[];
}

export interface BackfillResult extends BackfillProgress {
  readonly requested: number;
  readonly days: readonly DayOutcome[];
}

/**
 * A reason may have so many characters while all reasons together have so many bytes of JSON. Temporal takes 2 MiB, and
 * the outcomes of 3,660 days alone have a quarter of a MiB: the result has outcomes and reasons twice.
 */
const REASON_LIMITS = [
  { characters: 300, bytes: 256 * 1024 },
  { characters: 60, bytes: 384 * 1024 },
] as const;

/** The reasons of a backfill's days, within what Temporal takes: the first in full, the next shortened, then none. */
export class KeptReasons {
  #bytes = 0;

  /** The day with as much of its reason as may be kept. */
  keep({ reason, ...day }: DayOutcome): DayOutcome {
    if (reason === undefined) return day;
    for (const limit of REASON_LIMITS) {
      const text = firstSentences(reason, limit.characters);
      const bytes = this.#bytes + new TextEncoder().encode(JSON.stringify(text)).length;
      if (bytes > limit.bytes) continue;
      this.#bytes = bytes;
      return { ...day, reason: text };
    }
    return day;
  }
}

export function backfillId(pipeline: string, from: string, to: string): string {
  return `backfill/${pipeline}/${from}_${to}`;
}

/** Whether the batch now serves the day. */
export function succeeded({ outcome }: Pick<DayOutcome, 'outcome'>): boolean {
  return !/^(refused:|failed:|not-restored:|cancelled$)/.test(outcome);
}

/** Counts the outcomes of the days that did not succeed, in one line: '3 × failed:NO_INPUT, 1 × refused:EMPTY_DAY'. */
export function failureSummary(failed: readonly DayOutcome[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of failed) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${count} × ${outcome}`).join(', ');
}
