import type { BusinessDate } from '../../domain/business-date';
import type { HourFigures } from '../../domain/day-figures';
import type { HourOutput, InputFile, UnreadFile } from '../../domain/day-manifest';
import type { ListedFile } from '../input/listed-file';
import type { LoadedPipeline } from './loaded-pipeline';

/** Records of the day in the files of a neighbouring hour. If these stay the same, the day's rows stay the same. */
export interface NeighbourContent {
  readonly records: number;
  /** The sum of the records' hashes as decimal text. It does not depend on their order. */
  readonly digest: string;
}

/** What the files of one hour hold. For a neighbouring hour only the day's own records count. */
export interface SourceHour {
  /** '07' for an hour of the day, '2026-11-22T00' for a neighbouring one. */
  readonly hour: string;
  readonly files: readonly InputFile[];
  /** Lines that are not blank. For a neighbouring hour: records of the day. */
  readonly read: number;
  readonly outsideDay: number;
  readonly quarantined: number;
  /** Valid records of other hours of the day, by hour. */
  readonly misplaced: Readonly<Record<string, number>>;
  /**
   * Names of compressed files that are cut or have parts that cannot be read. Empty for a neighbouring hour, whose
   * files are read as far as possible.
   */
  readonly truncatedFiles: readonly string[];
  /** The files among these that were not read at all. */
  readonly unreadFiles?: readonly UnreadFile[] | undefined;
  /**
   * Only for a neighbouring hour: the files that could not be read to their end, so that records of the day may be
   * missing, and why. Without one of an hour after the day that only lacks its end: it may still be written to.
   */
  readonly damagedFiles?: readonly UnreadFile[] | undefined;
  /** Only for a neighbouring hour. */
  readonly neighbour?: NeighbourContent | undefined;
}

/** The counts of the records of one local hour. */
export interface TargetHour extends HourOutput {
  /** Distinct records. */
  readonly kept: number;
  /** Those of its rows, if the build computed them; see `needsFigures`. */
  readonly figures?: HourFigures | undefined;
}

/** What an engine has to do. */
export interface BuildPlan {
  readonly loaded: LoadedPipeline;
  readonly date: BusinessDate;
  /** Every local hour of the day. */
  readonly hours: readonly string[];
  /** The location of the input files; see `withInput`. */
  readonly input: string;
  /** The input files by source hour. Neighbouring hours come first, since they decide what else must be read. */
  readonly sources: ReadonlyMap<string, readonly ListedFile[]>;
  /** Local hours of the day that no file covers completely. */
  readonly missingHours: readonly string[];
  /** Source hours whose files differ from those of `previous`. */
  readonly changed: ReadonlySet<string>;
  /** What the published build found in the files of each hour. Empty if it cannot be built upon. */
  readonly previous: ReadonlyMap<string, SourceHour>;
}

/** What an engine may use. */
export interface BuildContext {
  /** The folder for HH.ndjson. Anything else that is left in it is removed. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly memoryLimit: number;
  readonly threads: number;
  /** Bytes of text of which a worker reads a piece, if the files of an hour have more. */
  readonly pieceBytes: number;
  readonly progress: ProgressCounter;
}

export interface ProgressCounter {
  addRows(rows: number, bytes: number): void;
  addFetched(bytes: number): void;
  addSent(bytes: number): void;
  hourDone(): void;
  /** Called if the number of hours to be built differs from the estimate. */
  hoursTotal(hours: number): void;
}

/** What an engine built. Hours that are not listed are as in the previous build. */
export interface EngineResult {
  readonly sources: ReadonlyMap<string, SourceHour>;
  /** Absolute paths of NDJSON files of bad records, by source hour. An hour that was read and has none is left out. */
  readonly quarantine: ReadonlyMap<string, string>;
  readonly targets: ReadonlyMap<string, TargetHour>;
}
