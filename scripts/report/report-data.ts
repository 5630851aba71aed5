import type { ReconciledHour } from '../../domain/reconciliation';
import type { RecordCounts } from '../../domain/day-manifest';
import type { CheckedDay } from '../../domain/checked-day';

/**
 * What the page shows: collect.ts gathers it, html.ts puts it into the page as JSON, and page/report.ts reads it there.
 * `daybreak report --json` prints the same. This file has only types, so that it adds nothing to the page's script.
 */
export interface ReportData {
  readonly pipeline: string;
  readonly timeZone: string;
  /** ISO 8601. */
  readonly generatedAt: string;
  readonly temporalUrl: string;
  /** The cube of the datasource in Turnilo, if it is configured. */
  readonly turniloUrl?: string;
  /** Why the list of runs is missing, if Temporal did not answer. */
  readonly withoutRuns?: string;
  /** Every day of the range, in order; at least one. */
  readonly days: readonly ReportDay[];
}

export type Verdict = 'replaced' | 'refused' | 'failed' | 'cancelled' | 'running' | 'none';

/** A day as the report shows it. */
export interface ReportDay {
  readonly date: string;
  /** How its last run ended; `none` if there was no run. */
  readonly verdict: Verdict;
  /** Such as 'refused:EMPTY_DAY'. */
  readonly outcome: string;
  /** Why it failed and what to do, if it did not end well. */
  readonly reason?: string;
  readonly remedy?: string;
  /** The duration of the last run, if Temporal still knows it. */
  readonly seconds?: number;
  readonly startedAt?: string;
  readonly url?: string;
  /** The last time that the day was replaced, by this run or an earlier one. */
  readonly reconciled?: {
    readonly hours: readonly ReportHour[];
    readonly counts: RecordCounts;
    /** What the pipeline's checks found; empty if it has none. */
    readonly checks: readonly CheckedDay[];
    /** The counts as a sentence, and which layer's rows Druid served before. */
    readonly equation: string;
    readonly servedBefore: string;
    /** How it was proven, as `describeProof` says it. */
    readonly proof: string;
    readonly version: string;
    readonly taskId: string;
  };
}

/** All counts are present. Those that an older version did not store are 0. */
export type ReportHour = Omit<ReconciledHour, 'read'>;
