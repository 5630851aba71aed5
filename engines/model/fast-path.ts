import type { LocalHour } from '../../domain/file-hours';
import type { Pipeline } from '../../domain/pipeline';
import type { Columns } from './loaded-pipeline';

/**
 * Cheaper ways to read plain lines than the validity rule. Each of them may take fewer lines than the rule does, never
 * others: a line that it does not take is a miss, which the rule decides. So it can be left out at the cost of speed, and
 * of the order of rows in an hour of which it takes some lines and misses others.
 */
export interface FastPath {
  /**
   * A proof for lines like the first of `lines`, which are UTF-8 and joined by line feeds, with times of that hour;
   * without one, with times of about the same day as the first. Undefined where there is none.
   */
  proveEvents(lines: Buffer, pipeline: Pipeline, hour?: LocalHour): EventProof | undefined;
  /** The same for the rows of a static table, which have no time. */
  proveRows(lines: Buffer, columns: Columns): LineProof | undefined;
  /** What scans the hours of one build. */
  hourScanner(pipeline: Pipeline): HourScanner;
}

/** As SQL, a proof that a line is a valid record, and its values. */
export interface LineProof {
  /** Over the column `line`: what the other expressions read as the column `captured`. */
  readonly captured: string;
  /** Whether the line is proven, over `captured`. */
  readonly holds: string;
  /** By column, each declared one: the value in a line that is proven, over `captured`. */
  readonly values: ReadonlyMap<string, string>;
}

export interface EventProof extends LineProof {
  /** A query: how many lines the BLOB $1 holds, and how many of them are proven. */
  readonly countSql: string;
  /** A query: the declared columns of the lines of the BLOB $1, each of which is proven. */
  readonly eventsSql: string;
}

export interface ScannedHour extends LocalHour {
  /** Of its files, unpacked, about; never less. */
  readonly bytes: number;
  /** Absolute path of the Parquet file in which proven lines are kept; undefined where they are of no interest. */
  readonly path: string | undefined;
}

/** Scans one hour at a time. */
export interface HourScanner {
  /** Runs `work` with a scan of the hour once the scanner is free; resolves to undefined where it is no help for the hour. */
  use<T>(hour: ScannedHour, work: (scan: HourScan) => Promise<T>): Promise<T | undefined>;
}

/** Takes lines of an hour, while the scanner is used for it, and may be read and removed at any time. */
export interface HourScan {
  /** Undefined where no proven line is kept. */
  readonly proven: ProvenLines | undefined;
  /** Begins the hour, also anew. */
  begin(): Promise<void>;
  /** Takes lines of UTF-8, joined by line feeds. Resolves to undefined where too few are taken, or more than it can hold. */
  add(text: Buffer): Promise<ScannedLines | undefined>;
  /** Completes what is kept of the lines. */
  close(): Promise<void>;
  /** Removes what is kept of the lines. */
  remove(): Promise<void>;
}

export interface ScannedLines {
  readonly lines: number;
  /** The lines that are not proven: their positions in the text, in order, and the lines, each with a line feed behind it. */
  readonly misses: { readonly positions: readonly number[]; readonly text: Buffer } | undefined;
}

/** The proven lines of an hour, equal records once, in a Parquet file. */
export interface ProvenLines {
  readonly path: string;
  readonly unique: number;
  readonly duplicates: number;
}
