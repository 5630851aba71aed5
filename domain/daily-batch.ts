import type { BusinessDate, Interval } from './business-date';
import type { HourOutput, RecordCounts } from './day-manifest';
import type { GateCode, GateRefusal } from './gate';
import type { ReconciledHour } from './reconciliation';

export interface DailyBatchInput {
  /** A pipeline's name: the worker has the folder. */
  readonly pipeline: string;
  /** The local day, YYYY-MM-DD. */
  readonly date: string;
  /** Rebuild every hour even where nothing changed. Default false. */
  readonly force?: boolean;
  /** Refusals of the gate that an operator goes on with, knowingly. Default none. */
  readonly accept?: readonly GateCode[];
}

/** What a day is, fixed when the run begins. */
export interface DayPlan {
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly timeZone: string;
  readonly datasource: string;
  readonly interval: Interval;
}

/** What the build published; small enough for a workflow's history whatever the number of input files. */
export interface BuiltDay {
  /** Absolute path of the published version, which later builds do not touch. */
  readonly folder: string;
  readonly counts: RecordCounts;
  readonly missingHours: readonly string[];
  readonly hours: readonly HourOutput[];
}

/** Rows that Druid serves in one local hour. */
export interface ServedHour {
  readonly hour: string;
  readonly rows: number;
  readonly distinct: number;
}

export interface GateReport {
  readonly realtime: readonly ServedHour[];
  /** What stands against replacing the day and was not accepted. */
  readonly refusals: readonly GateRefusal[];
  readonly accepted: readonly GateRefusal[];
}

export interface DayProof {
  readonly taskId: string;
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
  readonly verdict: 'replaced';
  readonly counts: RecordCounts;
  readonly accepted: readonly GateRefusal[];
  readonly missingHours: readonly string[];
  readonly sealedUntil: string;
  readonly taskId: string;
  readonly version: string;
  readonly segments: number;
  readonly hours: readonly ReconciledHour[];
}

/** The workflow id that keeps a day to a single flight. */
export function dailyBatchId(pipeline: string, date: string): string {
  return `daily-batch/${pipeline}/${date}`;
}
