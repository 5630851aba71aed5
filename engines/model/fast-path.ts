import type { LocalHour } from '../../domain/file-hours';
import type { Pipeline } from '../../domain/pipeline';
import type { Columns } from './loaded-pipeline';

/**
 * Cheaper ways to read plain lines than the validity rule. Each may take fewer lines than the rule, but never others. A
 * line that is not taken is a miss, which the rule reads. So the fast path can be left out. The cost is speed, and
 * another order of rows in an hour that has both proven lines and misses.
 */
export interface FastPath {
  /**
   * A proof for lines like the first of `lines`, which are UTF-8 and joined by line feeds. Their times must be in the
   * hour of their file. Without one, or if a file covers a day, they must be on about the same day as the first.
   * Undefined if there is no proof.
   */
  proveEvents(lines: Buffer, pipeline: Pipeline, hourOfFile?: LocalHour): EventProof | undefined;
  /** The same for the rows of a static table, which have no time. */
  proveRows(lines: Buffer, columns: Columns): LineProof | undefined;
  /** Returns a scanner for the hours of one build. */
  hourScanner(pipeline: Pipeline): HourScanner;
  /** The most bytes of memory that a scanner takes for hours of at most so many bytes of text. */
  memoryOfScan(pipeline: Pipeline, bytes: number): number;
}

/** A proof, as SQL, that a line is a valid record, and its values. */
export interface LineProof {
  /** SQL over the column `line`. The other expressions read its value as the column `captured`. */
  readonly captured: string;
  /** SQL over `captured`: whether the line is proven. */
  readonly holds: string;
  /** For each declared column, SQL over `captured`: its value in a proven line. */
  readonly values: ReadonlyMap<string, string>;
}

export interface EventProof extends LineProof {
  /** Whether each proven line is of its file's hour. Otherwise its time says of which hour it is. */
  readonly isOfHour: boolean;
  /** A query: the number of lines in the BLOB $1, and how many of them are proven. */
  readonly countSql: string;
  /** A query: the declared columns of the lines of the BLOB $1. All lines must be proven. */
  readonly eventsSql: string;
}

export interface ScannedHour extends LocalHour {
  /** Estimated unpacked size of its files, never too low. */
  readonly bytes: number;
  /** Absolute path of the Parquet file that keeps proven lines; undefined if they need not be kept. */
  readonly path: string | undefined;
}

/** Scans one hour at a time. */
export interface HourScanner {
  /**
   * Runs `work` with a scan of the hour once the scanner is free. Resolves to undefined if a scan does not help for the
   * hour.
   */
  use<T>(hour: ScannedHour, work: (scan: HourScan) => Promise<T>): Promise<T | undefined>;
}

/** Takes lines of an hour while the scanner is in use for it. Its result may be read and removed at any time. */
export interface HourScan {
  /** Undefined if no proven line is kept. */
  readonly proven: ProvenLines | undefined;
  /** Begins the hour, or begins it again. */
  begin(): Promise<void>;
  /**
   * Takes lines of UTF-8, joined by line feeds. Resolves to undefined if it proves too few, or if there are more than
   * it can hold.
   */
  add(text: Buffer): Promise<ScannedLines | undefined>;
  /** Completes the kept lines. */
  close(): Promise<void>;
  /** Removes the kept lines. */
  remove(): Promise<void>;
}

export interface ScannedLines {
  readonly lines: number;
  /**
   * The lines that are not proven: their positions in the text, in order, and the lines, each with a line feed at its
   * end.
   */
  readonly misses: { readonly positions: readonly number[]; readonly text: Buffer } | undefined;
}

/** The proven lines of an hour in a Parquet file. Equal records are there once. */
export interface ProvenLines {
  readonly path: string;
  readonly unique: number;
  readonly duplicates: number;
}
