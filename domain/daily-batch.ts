import * as z from 'zod';
import { dayInterval, type BusinessDate, type Interval } from './business-date';
import type { HourOutput, RecordCounts, StoredCounts } from './day-manifest';
import { acceptInput, type Acceptance, type GateRefusal, type TruncatedFiles } from './gate';
import { dateInput, pipelineInput, shortText } from './parse-input';
import { batchDatasourceOf, type Pipeline } from './pipeline';
import type { ProofKind } from './proof-kind';
import type { ReconciledHour, ServedBefore } from './reconciliation';
import type { CheckedDay } from './checked-day';

export interface DailyBatchInput {
  /** The name of a pipeline. The worker has its folder. */
  readonly pipeline: string;
  /** The local day, YYYY-MM-DD. */
  readonly date: string;
  /** Rebuild every hour even if nothing changed. Default false. */
  readonly force?: boolean;
  /** Refusals of the gate that an operator accepts. Default: none. */
  readonly accept?: readonly Acceptance[];
  /**
   * Builds nothing, and restores a kept version of the day: its name, or 'previous' for the version before the current
   * one. Default: none.
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

/** The facts of a day, fixed when the run begins. */
export interface DayPlan {
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly timeZone: string;
  /** The datasource whose day is replaced. */
  readonly datasource: string;
  /** The datasource that the gate compares with: the same one, unless the batch has its own. */
  readonly realtimeDatasource: string;
  readonly interval: Interval;
  /** The setting `output.location`; null if there is none. Absent in the plan of an older worker. */
  readonly output?: string | null;
}

export function dayPlan(pipeline: Pipeline, date: BusinessDate): DayPlan {
  return {
    pipeline: pipeline.name,
    date,
    timeZone: pipeline.timeZone,
    datasource: batchDatasourceOf(pipeline),
    realtimeDatasource: pipeline.druid.datasource,
    interval: dayInterval(date, pipeline.timeZone),
    output: pipeline.output.location ?? null,
  };
}

/** What the build published. Small enough for a workflow's history, whatever the number of input files. */
export interface BuiltDay {
  /** Absolute path of the published version. Later builds do not change it. */
  readonly folder: string;
  readonly counts: StoredCounts;
  readonly missingHours: readonly string[];
  /** Files that were not read to their end; absent in the result of an older worker. */
  readonly truncated?: TruncatedFiles;
  /** Files of the version that Druid served before the build that are gone; absent if there is none. */
  readonly gone?: TruncatedFiles;
  /** Files of neighbouring hours that could not be read to their end; absent if there is none. */
  readonly damagedNeighbours?: TruncatedFiles;
  readonly hours: readonly BuiltHour[];
  /** What was read, by local hour. */
  readonly sources: Readonly<Record<string, ReadHour>>;
}

/** `filtered` and `multiplied` are absent in the result of an older worker. */
export type BuiltHour = Omit<HourOutput, 'filtered' | 'multiplied'> & Partial<HourOutput>;

/** Counts of one local hour: the lines of its files, and its records in files of neighbouring hours. */
export interface ReadHour {
  readonly read: number;
  readonly quarantined: number;
  /** Valid records of other days; absent in the result of an older worker. */
  readonly outsideDay?: number;
}

/** Rows that Druid serves in one local hour. Of a pipeline with druid.rollup: the events that they count. */
export interface ServedHour {
  readonly hour: string;
  readonly rows: number;
  /** The rows that Druid stores for the events; absent without druid.rollup. */
  readonly stored?: number;
  /** An estimate if `atLeast` is there. */
  readonly distinct: number;
  /** What an estimate is at least, all but certainly. */
  readonly atLeast?: number;
}

export interface GateReport {
  /** What Druid serves before the day is replaced. */
  readonly realtime: readonly ServedHour[];
  /** Absent in the result of an older worker. */
  readonly before?: ServedBefore;
  /** Reasons against replacing the day that were not accepted. */
  readonly refusals: readonly GateRefusal[];
  readonly accepted: readonly GateRefusal[];
  /** What the pipeline's checks found; absent if it has none. */
  readonly checks?: readonly CheckedDay[];
  /**
   * What the gate was still waiting for when its time was over: it then saw only a part of realtime. Absent if it saw
   * all.
   */
  readonly realtimeUnseen?: string;
}

export interface DayProof {
  /** What was compared; absent in the result of an older worker, which compared rows. */
  readonly kind?: ProofKind;
  /** The version of all visible segments of the day; empty if it has none. */
  readonly version: string;
  readonly segments: number;
  readonly hours: readonly ProvenHour[];
}

/**
 * One local hour on both sides: the number of rows, and an order-independent checksum over every column of every row,
 * or one over the figures of the hour.
 */
export interface ProvenHour {
  readonly hour: string;
  readonly batchRows: number;
  /** With druid.rollup, the events of the stored rows. */
  readonly druidRows: number;
  /** The rows that Druid stores for the events; absent without druid.rollup. */
  readonly druidStored?: number;
  readonly batchChecksum: string;
  readonly druidChecksum: string;
}

export function isEqual({ batchRows, druidRows, batchChecksum, druidChecksum }: ProvenHour): boolean {
  return batchRows === druidRows && batchChecksum === druidChecksum;
}

/** The steps of a run. Its current details, its query and the command line show them. */
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
  /** 'restored': replaced by a kept version. */
  readonly verdict: 'replaced' | 'restored';
  readonly datasource: string;
  /** Absolute path of the published version that Druid serves now. */
  readonly output: string;
  readonly counts: RecordCounts;
  /** What the gate found and an operator accepted. */
  readonly accepted: readonly GateRefusal[];
  /** What the pipeline's checks found; absent if it has none. */
  readonly checks?: readonly CheckedDay[];
  readonly missingHours: readonly string[];
  /** As in BuiltDay. */
  readonly damagedNeighbours?: TruncatedFiles;
  /** Realtime takes rows from this instant on; absent if the batch has its own datasource. */
  readonly sealedUntil?: string;
  readonly taskId: string;
  /** Druid's version of the day's segments; empty if it has none. */
  readonly version: string;
  readonly segments: number;
  /** How the day was proven; absent in the result of an older worker, which compared rows. */
  readonly proof?: ProofKind;
  /** Who made the rows that were served before. */
  readonly before: ServedBefore;
  /**
   * The part of realtime that the gate could not see, as in its report. In this case `before` and the hours hold only a
   * part of it.
   */
  readonly realtimeUnseen?: string;
  /** Whether the numbers of distinct rows before are estimates. Absent if they are exact. */
  readonly isDistinctEstimated?: true;
  readonly hours: readonly ReconciledHour[];
}

const NOT_RESTORED = 'not-restored:';

/**
 * The outcome of a restore that ended before it changed its day, for example 'not-restored:NOT_BUILT'.
 *
 * @param outcome that of such a run: 'failed:<code>' or 'cancelled'.
 */
export function notRestored(outcome: string): string {
  return `${NOT_RESTORED}${outcome === 'cancelled' ? 'CANCELLED' : outcome.slice(outcome.indexOf(':') + 1)}`;
}

/** Whether a run with that outcome left its day unchanged, so that the previous run describes the day. */
export function leftDayAsItWas(outcome: string): boolean {
  return outcome.startsWith(NOT_RESTORED);
}

/** The workflow id, which allows only one run of a day at a time. */
export function dailyBatchId(pipeline: string, date: string): string {
  return `daily-batch/${pipeline}/${date}`;
}
