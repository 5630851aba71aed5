import type { BusinessDate } from '../../domain/business-date';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { DayNames } from './file-names';

/** A file with at most so many bytes is read in one go. */
export const SMALL_BYTES = 256 * 1024;

/** What is known of one file of a day's input, as it was when the folder was listed. */
export interface ListedFacts {
  /**
   * Relative to the input's location. Two files never have the same. So a folder has a '/' at its end if an object has
   * its name too, which only S3 allows.
   */
  readonly file: string;
  /** Absolute path of the file itself if the name is a link; of its copy if it is not local. */
  readonly path: string;
  /** The hour of its source; see SourceHour. */
  readonly hour: string;
  readonly bytes: number;
  /** The time of its last change, in milliseconds since 1970. */
  readonly changedAt: number;
  /**
   * For a local file its size, inode, modification time (which tools can set) and inode change time (which they
   * cannot); for any other the version that its storage gives. As long as it stays the same, the file was not written.
   * Empty if the file changed so recently that a later write could have the same time.
   */
  readonly stamp: string;
  /** Why it is not read, if it is no file. */
  readonly unread?: string | undefined;
  /** The part that is read, if not all of it is; see `piecesOf`. */
  readonly range?: ByteRange | undefined;
}

/** The lines of a file that begin in the bytes from <= at < to. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
  /** Where the file ended when it was listed. What it gains later is not read. */
  readonly end: number;
}

/** One file of a day's input, and how it is read. */
export interface ListedFile extends ListedFacts {
  /**
   * Makes the copy at `path`, unless it is there; undefined for a local file. Throws STORAGE_CHANGED if it is not the
   * listed file any more, STORAGE_FAILED, STORAGE_REFUSED, or OUTPUT_FAILED if the copy cannot be written.
   */
  readonly fetch?: (() => Promise<void>) | undefined;
  /**
   * The bytes of the listed version, without a copy, up to `end` if it is given; undefined for a local file, and for one
   * that is small or zstd, which is read from its copy. Throws like `fetch`.
   */
  readonly stream?: ((end?: number) => AsyncIterable<Buffer>) | undefined;
}

/** The names of one day's files. */
export interface DatedNames {
  readonly date: BusinessDate;
  readonly names: DayNames;
}

/** The beginnings of the names of the days. A name has one of them. */
export function prefixesOf(days: readonly DatedNames[]): string[] {
  const prefixes = [...new Set(days.map(({ names }) => names.prefix))];
  return prefixes.filter((prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)));
}

/** A name that may be one of a day's files. */
export interface Candidate {
  /** Relative to the input's location, without a '/' at its end. */
  readonly file: string;
  /** Undefined if it is neither a file nor a folder that holds a file. Throws UNREADABLE_INPUT or STORAGE_CHANGED. */
  readonly listed: (hour: string) => ListedFile | undefined;
}

/** The place of a pipeline's input files. */
export interface InputPlace {
  /** As people write it. It opens the same place again. */
  readonly name: string;
  /** What may be a file of one of the days. Nothing else is listed. */
  candidates(days: readonly DatedNames[]): AsyncIterable<Candidate>;
  /** Reads the first byte of a listed file. Throws what a build would throw that cannot read it. */
  tryRead(file: ListedFile): Promise<void>;
}

export const A_FOLDER = 'it is a folder; where its files are the input, write files.pattern with /* behind its name';

export function unreadable(path: string, cause: unknown): DaybreakError {
  return new DaybreakError('UNREADABLE_INPUT', {
    what: `the input file ${path} cannot be read: ${messageOf(cause)}`,
    remedy: 'Make it readable, or move it out of the input folder; nothing was published.',
    cause,
  });
}
