import type { CheckedDay } from '../../domain/checked-day';
import type { RecordCounts } from '../../domain/day-manifest';
import type { RealtimeHour } from '../../domain/realtime-hour';
import type { ReconciledHour } from '../../domain/reconciliation';

/**
 * What the page shows: collect.ts gathers it, html.ts puts it into the page as JSON, and page/report.ts reads it there.
 * This file has only types, so that it adds nothing to the page's script.
 */
export interface ReportPage {
  /** At least one, unless there are pipelines that cannot be shown. */
  readonly reports: readonly ReportData[];
  readonly notShown: readonly PipelineNotShown[];
}

/** A pipeline of which not even the settings can be read. */
export interface PipelineNotShown {
  readonly pipeline: string;
  readonly what: string;
  readonly remedy: string;
}

/** One pipeline. `daybreak report --json` prints the same. */
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
  /** Why it is not known which days without a run have files, if the input could not be listed. */
  readonly withoutInput?: string;
  readonly realtime: ReportRealtime;
  /** Every day of the range, in order; at least one. */
  readonly days: readonly ReportDay[];
}

/** The speed layer when the report was made. */
export interface ReportRealtime {
  /** 'running', 'paused', 'not running', …; 'not known' if Temporal or the layer's worker did not answer. */
  readonly state: string;
  /** Why the state is not known, or why the layer does not run. */
  readonly why?: string;
  /** Events in Kafka that the layer has not joined yet. Absent if not known. */
  readonly lag?: number;
  /** Rows in Kafka that Druid has not taken yet, or at most so many. Absent if not known. */
  readonly druidLag?: number;
  readonly isDruidLagBound?: true;
  /** Since the layer began to count. Absent if not known. */
  readonly deadLetters?: number;
  /** What keeps a part of the layer from going on. */
  readonly troubles: readonly string[];
}

export type Verdict = 'replaced' | 'refused' | 'failed' | 'cancelled' | 'running' | 'none';

/** One run of a day, as Temporal keeps it. */
export interface ReportRun {
  /** Such as 'refused:EMPTY_DAY'. */
  readonly outcome: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Absent while it runs. */
  readonly seconds?: number;
  /** Of a restore: the version that it was to bring back. */
  readonly restore?: string;
  readonly url: string;
}

/** A day as the report shows it. */
export interface ReportDay {
  readonly date: string;
  /** How its last run ended, or `replaced` if only its output knows of a run; `none` if there was none. */
  readonly verdict: Verdict;
  /** Such as 'refused:EMPTY_DAY'. */
  readonly outcome: string;
  /** Why it failed and what to do, if it did not end well. */
  readonly reason?: string;
  readonly remedy?: string;
  /** The duration of the last run, if Temporal still knows it. */
  readonly seconds?: number;
  readonly startedAt?: string;
  readonly restore?: string;
  readonly url?: string;
  /** All runs that Temporal keeps, latest first. */
  readonly runs: readonly ReportRun[];
  /** Whether a day without a run has input files. Absent for other days, and if the input could not be listed. */
  readonly hasFiles?: boolean;
  /** Set if the day has files, its night is over, and no run built it. Absent if Temporal did not answer. */
  readonly missed?: true;
  /** The hours that are not 60 minutes long, with their minutes. Absent if there is none. */
  readonly unusualHours?: Readonly<Record<string, number>>;
  /** Why the stored result of the day's last replacement cannot be shown. */
  readonly notRead?: string;
  /** The last time that the day was replaced, by this run or an earlier one. */
  readonly reconciled?: {
    /** Counts that an older version did not store are 0. */
    readonly hours: readonly ReconciledHour[];
    readonly counts: RecordCounts;
    /** What the pipeline's checks found; empty if it has none. */
    readonly checks: readonly CheckedDay[];
    /** What realtime served before the day was replaced for the first time. Absent if that is not known. */
    readonly realtime?: readonly RealtimeHour[];
    /** Set if the pipeline changed since that first time: then it is not known which rows came late. */
    readonly lateUnknown?: true;
    /** The counts as a sentence, and which layer's rows Druid served before. */
    readonly equation: string;
    readonly servedBefore: string;
    /** How it was proven, as `describeProof` says it. */
    readonly proof: string;
    readonly version: string;
    readonly taskId: string;
  };
}
