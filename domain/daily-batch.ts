import * as z from 'zod';
import { dayInterval, type BusinessDate, type Interval } from './business-date';
import type { HourOutput, RecordCounts, StoredCounts } from './day-manifest';
import { acceptInput, type AcceptableGateCode, type GateRefusal, type TruncatedFiles } from './gate';
import { dateInput, pipelineInput, shortText } from './parse-input';
import { batchDatasourceOf, type Pipeline } from './pipeline';
import type { ReconciledHour, ServedBefore } from './reconciliation';

export interface DailyBatchInput {
  /** A pipeline's name: the worker has the folder. */
  readonly pipeline: string;
  /** The local day, YYYY-MM-DD. */
  readonly date: string;
  /** Rebuild every hour even where nothing changed. Default false. */
  readonly force?: boolean;
  /** Refusals of the gate that an operator accepts. Default none. */
  readonly accept?: readonly AcceptableGateCode[];
  /**
   * Builds nothing, and brings a kept version of the day back: its name, or 'previous' for the one that was current
   * before. Default none.
   */
  readonly restore?: string;
}

export const dailyBatchInputSchema = z.strictObject({
  pipeline: pipelineInput,
  date: dateInput,
  force: z.boolean().exactOptional(),
  accept: acceptInput.shape.accept.exactOptional(),
  restore: shortText.exactOptional(),
}) satisfies z.ZodType<DailyBatchInput>;

/** What a day is, fixed when the run begins. */
export interface DayPlan {
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly timeZone: string;
  /** The datasource whose day is replaced. */
  readonly datasource: string;
  /** The datasource that the gate compares with: the same, unless the batch has its own. */
  readonly realtimeDatasource: string;
  readonly interval: Interval;
}

export function dayPlan(pipeline: Pipeline, date: BusinessDate): DayPlan {
  return {
    pipeline: pipeline.name,
    date,
    timeZone: pipeline.timeZone,
    datasource: batchDatasourceOf(pipeline),
    realtimeDatasource: pipeline.druid.datasource,
    interval: dayInterval(date, pipeline.timeZone),
  };
}

/** What the build published; small enough for a workflow's history whatever the number of input files. */
export interface BuiltDay {
  /** Absolute path of the published version, which later builds do not touch. */
  readonly folder: string;
  readonly counts: StoredCounts;
  readonly missingHours: readonly string[];
  /** Files that were not read to their end; absent in what an older worker built. */
  readonly truncated?: TruncatedFiles;
  readonly hours: readonly BuiltHour[];
  /** What was read, by local hour. */
  readonly sources: Readonly<Record<string, ReadHour>>;
}

/** `filtered` and `multiplied` are absent in what an older worker built. */
export type BuiltHour = Omit<HourOutput, 'filtered' | 'multiplied'> & Partial<HourOutput>;

/** Of one local hour: lines of its files, and its records in files of neighbouring hours. */
export interface ReadHour {
  readonly read: number;
  readonly quarantined: number;
  /** Valid records of other days; absent in what an older worker built. */
  readonly outsideDay?: number;
}

/** Rows that Druid serves in one local hour. */
export interface ServedHour {
  readonly hour: string;
  readonly rows: number;
  readonly distinct: number;
}

export interface GateReport {
  /** What Druid serves before the day is replaced. */
  readonly realtime: readonly ServedHour[];
  /** Absent in what an older worker found. */
  readonly before?: ServedBefore;
  /** Reasons against replacing the day that were not accepted. */
  readonly refusals: readonly GateRefusal[];
  readonly accepted: readonly GateRefusal[];
  /**
   * What the gate still waited for when its time was over: then it saw only a part of realtime. Absent if it saw all.
   */
  readonly realtimeUnseen?: string;
}

export interface DayProof {
  /** The one version of every visible segment of the day. */
  readonly version: string;
  readonly segments: number;
  readonly hours: readonly ProvenHour[];
}

/** One local hour on both sides: rows, and an order-independent checksum over every column of every row. */
export interface ProvenHour {
  readonly hour: string;
  readonly batchRows: number;
  readonly druidRows: number;
  readonly batchChecksum: string;
  readonly druidChecksum: string;
}

export function isEqual({ batchRows, druidRows, batchChecksum, druidChecksum }: ProvenHour): boolean {
  return batchRows === druidRows && batchChecksum === druidChecksum;
}

/** Where a run is: what its current details, its query and the command line show. */
export const DAILY_BATCH_STEPS = [
  'plan',
  'settle',
  'build',
  'gate',
  'seal',
  'rebuild',
  'reindex',
  'prove',
  'reconcile',
] as const;
export type DailyBatchStep = (typeof DAILY_BATCH_STEPS)[number];

export interface DailyBatchResult {
  readonly pipeline: string;
  readonly date: BusinessDate;
  /** 'restored' is replaced by a version that was kept. */
  readonly verdict: 'replaced' | 'restored';
  readonly datasource: string;
  /** Absolute path of the published version that Druid serves now. */
  readonly output: string;
  readonly counts: RecordCounts;
  /** What the gate found and an operator accepted. */
  readonly accepted: readonly GateRefusal[];
  readonly missingHours: readonly string[];
  /** Realtime takes rows from this instant on; absent if the batch has its own datasource. */
  readonly sealedUntil?: string;
  readonly taskId: string;
  /** Druid's version of the day's segments. */
  readonly version: string;
  readonly segments: number;
  /** Whose rows were served before. */
  readonly before: ServedBefore;
  /** What of realtime the gate could not see, as in its report: then `before` and the hours hold a part of it. */
  readonly realtimeUnseen?: string;
  readonly hours: readonly ReconciledHour[];
}

const NOT_RESTORED = 'not-restored:';

/**
 * The outcome of a restore that ended before it touched its day, such as 'not-restored:NOT_BUILT'.
 *
 * @param outcome that of a run that ends so: 'failed:<code>' or 'cancelled'.
 */
export function notRestored(outcome: string): string {
  return `${NOT_RESTORED}${outcome === 'cancelled' ? 'CANCELLED' : outcome.slice(outcome.indexOf(':') + 1)}`;
}

/** Whether a run of that outcome left its day as it was, so that the run before says what the day is. */
export function leftDayAsItWas(outcome: string): boolean {
  return outcome.startsWith(NOT_RESTORED);
}

/** The workflow id that keeps a day to a single flight. */
export function dailyBatchId(pipeline: string, date: string): string {
  return `daily-batch/${pipeline}/${date}`;
}
