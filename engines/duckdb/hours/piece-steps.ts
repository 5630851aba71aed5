import type { InputFile } from '../../../domain/day-manifest';
import type { ByteRange, ListedFile } from '../../input/listed-file';
import type { SourceHour } from '../../model/build-plan';
import type { QuarantinedRecord } from '../../versions/quarantine';
import type { WrittenRows } from './hour-output';
import type { RepeatedIdentities } from './repeated-identities';

/**
 * The steps of an hour whose files are read in pieces; see LargeHour. Each is the work of one worker. What they get and
 * give can pass between threads; large results are in files.
 */
export interface PieceSteps {
  /** Reads a piece of a source hour. */
  read(piece: PieceToRead): Promise<ReadPiece>;
  /** See `hashRanges`. */
  hashFile(file: { readonly path: string; readonly ranges: readonly ByteRange[] }): Promise<FileHashes>;
  /** Joins the bad records of an hour's pieces in one file, and resolves to its absolute path. */
  joinBad(bad: BadOfHour): Promise<string>;
  /** Writes the hashes of a part's identities, and resolves to the absolute path of their Parquet file. */
  hashIdentities(part: HourPart): Promise<string>;
  /** Finds the hashes that several records of an hour have. Undefined if there are none. */
  findShared(slice: SliceOf<'hashes'>): Promise<string | undefined>;
  /** Writes the identities of a part's records that have one of these hashes. */
  findAlike(part: HourPart & { readonly shared: readonly string[] }): Promise<string>;
  /** Finds the records whose identity an earlier record of the hour has. */
  findRedundant(slice: SliceOf<'alike'>): Promise<string>;
  /** Writes the rows of a part. Undefined if the transform fails on a record. */
  write(part: PartToWrite): Promise<WrittenPart | undefined>;
  /** Joins the files of an hour's parts to the file of the hour. */
  join(hour: {
    readonly hour: string;
    readonly paths: readonly string[];
  }): Promise<{ readonly bytes: number; readonly sha256: string }>;
}

/** The name of a piece, for what is kept of it; see MisplacedRecords. */
export function pieceName(hour: string, number: number): string {
  return `${hour}.${number}`;
}

/**
 * How a piece is read: with the fast path; without it; or without it, and lines on which the transform fails are bad. All
 * pieces of an hour are read in the same way, as an hour that is not read in pieces.
 */
export type PieceReading = 'proven' | 'all' | 'good';

export interface PieceToRead {
  /** See SourceHour. */
  readonly hour: string;
  /** Among the hour's pieces. */
  readonly number: number;
  readonly files: readonly ListedFile[];
  readonly reading: PieceReading;
  /** See SourceToRead. */
  readonly isCounted: boolean;
  /** Whether it is read as a source, whose bad records and records of other hours are written. */
  readonly isSource: boolean;
  /** Whether the hour is then written without a check that the transform does not fail on its records; see HourToRead. */
  readonly write: boolean;
}

export type ReadPiece =
  /** `unproven`: the fast path does not help. `failing`: the transform fails on a record. */
  | { readonly outcome: 'unproven' | 'failing' }
  | {
      readonly outcome: 'read';
      /** As they are read: a part of a file has the size and the hash of this part. */
      readonly files: readonly InputFile[];
      /** What cannot be read of them. */
      readonly faults: readonly QuarantinedRecord[];
      readonly lines: number;
      /** DuckDB's message for each record that is bad because the transform fails on it. */
      readonly rejected: readonly string[];
      /** Only if it was read as a source. */
      readonly source: SourceOfPiece | undefined;
      /** Its records of the hour, in two parts: those that the fast path proved, and the others. */
      readonly proven: PartFile | undefined;
      readonly staged: PartFile | undefined;
      /** Records that the fast path dropped because an earlier one of the piece equals them. */
      readonly duplicates: number;
    };

export interface SourceOfPiece {
  /** What is in the piece, without its faults. */
  readonly source: SourceHour;
  /** Absolute path of an NDJSON file of its bad records. Their lines count from the beginning of the piece. */
  readonly quarantine: string | undefined;
}

/** Records of an hour: rows of a Parquet file. */
export interface PartFile {
  /** Absolute path. */
  readonly path: string;
  /** SQL that is true for those of its rows that are meant. Default: all are. */
  readonly where?: string;
  readonly rows: number;
}

/** A part of an hour's records. Parts have an order, and the first record of an identity counts. */
export interface HourPart extends PartFile {
  readonly hour: string;
  /** Among the hour's parts. */
  readonly number: number;
}

export interface PartToWrite extends HourPart {
  /** Whether the transform is known not to fail on a record. If it does all the same, that is thrown. */
  readonly isGood: boolean;
  /** Absolute paths of what `findRedundant` found. */
  readonly redundant: readonly string[];
  /** See HourToRebuild. */
  readonly repeated: RepeatedIdentities | undefined;
}

export interface WrittenPart extends WrittenRows {
  readonly kept: number;
  /** Absolute path; undefined if no record is kept. */
  readonly path: string | undefined;
}

export interface FileHashes {
  readonly sha256: string;
  /** Of each range. */
  readonly ranges: readonly string[];
}

export interface BadOfHour {
  readonly hour: string;
  readonly pieces: readonly {
    /** Absolute path; undefined if the piece has none. */
    readonly path: string | undefined;
    /** The lines of its file before the piece. */
    readonly linesBefore: number;
  }[];
  readonly faults: readonly QuarantinedRecord[];
}

/** One of so many slices of an hour's identities, by their hashes, which are in Parquet files. */
export type SliceOf<Name extends string> = Readonly<Record<Name, readonly string[]>> & {
  readonly hour: string;
  readonly slice: number;
  readonly slices: number;
};
