import type { InputFile } from '../../../domain/day-manifest';
import type { ListedFile } from '../../input/listed-file';
import type { SourceHour, TargetHour } from '../../model/build-plan';
import type { PieceSteps } from './piece-steps';
import type { RepeatedIdentities } from './repeated-identities';

/** Builds one hour at a time, from its bytes to its file. What it gets and gives can pass between threads. */
export interface HourWorker {
  /** Reads a source hour, and writes it if that is wanted. Throws UNREADABLE_INPUT if its files are not as they were. */
  read(hour: HourToRead): Promise<ReadHour>;
  /** Writes an hour whose records, or duplicates of them, are in the files of several hours. */
  rebuild(hour: HourToRebuild): Promise<WrittenFile>;
  /** The hours among these, in order, that have identities of earlier ones. */
  repeated(hours: readonly string[]): Promise<RepeatedIdentities[]>;
  /** The steps of an hour that several workers build. */
  readonly pieces: PieceSteps;
  /** Ends what it does, which then fails. */
  interrupt(): void;
  close(): Promise<void>;
}

export interface HourToRead {
  /** See SourceHour. */
  readonly hour: string;
  readonly files: readonly ListedFile[];
  /** The hour's files as they must still be; undefined if they have changed since the previous build. */
  readonly same: readonly InputFile[] | undefined;
  /** Whether the hour is written too, because only its own files are known to have records of it. */
  readonly write: boolean;
}

export interface ReadHour {
  readonly source: SourceHour;
  /** Absolute path of an NDJSON file of its bad records; undefined if it has none. */
  readonly quarantine: string | undefined;
  /** Undefined unless it was to be written. */
  readonly written: WrittenFile | undefined;
}

export interface HourToRebuild {
  readonly hour: string;
  readonly files: readonly ListedFile[];
  /** Its files when they were read before. */
  readonly before: readonly InputFile[] | undefined;
  /** The names of the sources, in order, that hold records of it; see MisplacedRecords. */
  readonly sources: readonly string[];
  /** Identities that belong to an earlier hour and must be left out of this one, if any. */
  readonly repeated: RepeatedIdentities | undefined;
}

/** The file of an hour. What comes from files of other hours is counted elsewhere. */
export type WrittenFile = Omit<TargetHour, 'misfiled'>;
