import type { ReconciledHour } from '../../domain/reconciliation';
import type { RecordCounts } from '../../domain/day-manifest';

/**
 * What the page shows: collect.ts gathers it, html.ts puts it into the page as JSON, page/report.ts reads it there.
 * `daybreak report --json` prints the same. Types only, so that the page's script gets nothing with them.
 */
export interface ReportData {
  readonly pipeline: string;
  readonly timeZone: string;
  /** ISO 8601. */
  readonly generatedAt: string;
  readonly temporalUrl: string;
  /** The cube of the datasource in Turnilo, where it is configured. */
  readonly turniloUrl?: string;
  /** Why the list of runs is missing, where Temporal did not answer. */
  readonly withoutRuns?: string;
  /** Every day of the range, in order; one at least. */
  readonly days: readonly ReportDay[];
}

export type Verdict = 'replaced' | 'refused' | 'failed' | 'cancelled' | 'running' | 'none';

/** A day as the report shows it. */
export interface ReportDay {
  readonly date: string;
  /** How its last run ended; `none` where there was no run. */
  readonly verdict: Verdict;
  /** 'refused:EMPTY_DAY', … */
  readonly outcome: string;
  /** Why it failed and what to do, where it did not end well. */
  readonly reason?: string;
  readonly remedy?: string;
  /** Of the last run, where Temporal still knows it. */
  readonly seconds?: number;
  readonly startedAt?: string;
  readonly url?: string;
  /** Of the last time that the day was replaced, by this run or an earlier one. */
  readonly reconciled?: {
    readonly hours: readonly ReportHour[];
    readonly counts: RecordCounts;
    /** The counts as a sentence, and whose rows Druid served before. */
    readonly equation: string;
    readonly servedBefore: string;
    readonly version: string;
    readonly taskId: string;
  };
}

/** All counts are there: those that an older version did not store are 0. */
export type ReportHour = Omit<ReconciledHour, 'read'>;
