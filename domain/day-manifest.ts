import type { BusinessDate } from './business-date';
import type { Engine } from './pipeline';

/** What a build did with the records of a day. read = written + duplicates + quarantined + outsideDay, before the join. */
export interface RecordCounts {
  /** Non-blank lines of the input files. */
  readonly read: number;
  /** Distinct valid records of the day. */
  readonly kept: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** Valid records whose time lies in another day. */
  readonly outsideDay: number;
}

export interface HourOutput {
  /** Local hour of the rows, '00' to '23'. */
  readonly hour: string;
  /** Output rows; equal to the hour's distinct records unless the join drops or multiplies rows. */
  readonly written: number;
  readonly duplicates: number;
  /** Rows whose matchColumn is null; 0 where the pipeline names none. */
  readonly unmatched: number;
  /** Records found in the file of another hour of the day. */
  readonly misfiled: number;
  /** Relative to the day's folder, such as '07.ndjson'. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface InputFile {
  /** Relative to the input folder. */
  readonly file: string;
  /** The local hour in the file's name. */
  readonly hour: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** `_manifest.json` of a published day. */
export interface DayManifest {
  readonly formatVersion: 1;
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly timeZone: string;
  readonly engine: Engine;
  /** SHA-256 of transform.sql, of the pipeline's settings that shape rows, and of each table. */
  readonly transform: string;
  readonly settings: string;
  readonly tables: Readonly<Record<string, string>>;
  readonly counts: RecordCounts;
  /** Hours of the day that have no input file. */
  readonly missingHours: readonly string[];
  /** Every hour of the day, in order. */
  readonly hours: readonly HourOutput[];
  readonly inputs: readonly InputFile[];
  /**
   * Compressed input files that end before their end or hold what cannot be read, relative to the input folder, in order;
   * what of them is missing stands in the quarantine. Absent where there are none.
   */
  readonly truncatedFiles?: readonly string[];
  /** Relative to the day's folder; absent where nothing was quarantined. */
  readonly quarantine?: { readonly file: string; readonly records: number };
}
