import type { BusinessDate } from './business-date';
import { numeral } from './counted';
import type { Engine } from './pipeline';
import type { WrongRows } from './row-checks';

/**
 * What a build did with the records of a day: read + multiplied = written + filtered + duplicates + quarantined +
 * outsideDay.
 */
export interface RecordCounts {
  /** Non-blank lines of the day's own files, and records of the day in files of neighbouring hours. */
  readonly read: number;
  /** Rows in the output. */
  readonly written: number;
  /** Distinct valid records for which the transform gives no row. */
  readonly filtered: number;
  /** Rows beyond the first of their record, if a table allows duplicate keys, or by unnest. */
  readonly multiplied: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** Valid records in the day's own files whose time is in another day. */
  readonly outsideDay: number;
  /** Distinct valid records of the day, before the transform: written + filtered - multiplied. */
  readonly kept: number;
  /** Records among those read that were found in files of neighbouring hours. */
  readonly fromNeighbours: number;
}

/** Counts as any version of Daybreak stored them. An older version did not count rows separately from their records. */
export type StoredCounts = Pick<RecordCounts, 'read' | 'duplicates' | 'quarantined' | 'outsideDay' | 'kept'> &
  Partial<RecordCounts>;

/** The rows of some hours together. */
export function writtenRows(hours: readonly { readonly written: number }[]): number {
  return hours.reduce((sum, { written }) => sum + written, 0);
}

/**
 * Stored counts, completed with the values that an older version left out. They derive from the rows of the day's
 * hours.
 */
export function completeCounts(stored: StoredCounts, hours: readonly { readonly written: number }[]): RecordCounts {
  const { kept } = stored;
  const written = writtenRows(hours);
  return {
    written,
    filtered: Math.max(0, kept - written),
    multiplied: Math.max(0, written - kept),
    fromNeighbours: 0,
    ...stored,
  };
}

/** The counts as an equation whose figures add up. */
export function describeCounts(counts: RecordCounts): string {
  const { read, written, filtered, multiplied, duplicates, quarantined, outsideDay, fromNeighbours } = counts;
  const terms = [
    `${numeral(written)} written`,
    `${numeral(filtered)} filtered`,
    `${numeral(duplicates)} duplicates`,
    `${numeral(quarantined)} bad`,
    `${numeral(outsideDay)} of other days`,
  ];
  const left = `read ${numeral(read)}${multiplied === 0 ? '' : ` + ${numeral(multiplied)} multiplied by the SQL`}`;
  const from = fromNeighbours === 0 ? '' : ` (${numeral(fromNeighbours)} read from files of neighbouring hours)`;
  return `${left} = ${terms.join(' + ')}${from}`;
}

export interface HourOutput {
  /** Local hour of the rows, '00' to '23'. */
  readonly hour: string;
  /** Rows in the file. */
  readonly written: number;
  /** Distinct records for which the transform gives no row. */
  readonly filtered: number;
  /** Rows beyond the first of their record, if a table allows duplicate keys, or by unnest. */
  readonly multiplied: number;
  readonly duplicates: number;
  /** Rows whose matchColumn is null; 0 if the pipeline names none. */
  readonly unmatched: number;
  /** Absent if the pipeline has no checks, or the hour no rows. */
  readonly wrong?: WrongRows;
  /** Misplaced records: found in the file of another hour. */
  readonly misfiled: number;
  /** Relative to the day's folder, for example '07.ndjson'. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface InputFile {
  /** Relative to the input folder. */
  readonly file: string;
  /** The local hour in which the file's hour begins, with its date if that is another day: '07', '2026-11-22T00'. */
  readonly hour: string;
  readonly bytes: number;
  /**
   * Of its content. Empty for a large file of a storage that is of a kind that is not read: nothing of it is fetched. Its
   * size and what the storage gives as its version say whether it is the same one. A release before that hashed it.
   */
  readonly sha256: string;
}

/** An input file of a kind that is not read. */
export interface UnreadFile {
  readonly file: string;
  readonly reason: string;
}

/** `_manifest.json` of a published day. */
export interface DayManifest {
  readonly formatVersion: 1;
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly timeZone: string;
  readonly engine: Engine;
  /** SHA-256 of transform.sql, of the pipeline's settings that change rows, and of each table. */
  readonly transform: string;
  readonly settings: string;
  readonly tables: Readonly<Record<string, string>>;
  /** The file of each table, so that its version is known. Absent in a build of an earlier release. */
  readonly tableFiles?: Readonly<Record<string, string>>;
  readonly counts: RecordCounts;
  /** Hours of the day that no input file covers completely. */
  readonly missingHours: readonly string[];
  /** Every hour of the day, in order. */
  readonly hours: readonly HourOutput[];
  /** The day's own files, and the files of neighbouring hours that had records of the day. */
  readonly inputs: readonly InputFile[];
  /**
   * The day's own inputs that were not read to their end, in order, because they are incomplete or of a kind that is
   * not read. The quarantine says why. Absent if all were read.
   */
  readonly truncatedFiles?: readonly string[];
  /** Those of the truncated files of which nothing was read, and why. Absent if there is none. */
  readonly unreadFiles?: readonly UnreadFile[];
  /**
   * Files of neighbouring hours with parts that could not be read, and why: records of the day may be missing. Without
   * those that may still be written to and only lack their end. Absent if there is none.
   */
  readonly damagedNeighbours?: readonly UnreadFile[];
  /** Relative to the day's folder; absent if nothing was quarantined. */
  readonly quarantine?: { readonly file: string; readonly records: number };
}
