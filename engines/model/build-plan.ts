import type { BusinessDate } from '../../domain/business-date';
import type { HourOutput, InputFile } from '../../domain/day-manifest';
import type { ListedFile } from '../input/input-files';
import type { LoadedPipeline } from './loaded-pipeline';

/** Records of the day in the files of a neighbouring hour: as long as these are the same, the day's rows are. */
export interface NeighbourContent {
  readonly records: number;
  /** The sum of their hashes as decimal text, whatever their order. */
  readonly digest: string;
}

/** What the files of one hour held. Of a neighbouring hour only the day's own records count. */
export interface SourceHour {
  /** '07' for an hour of the day, '2026-11-22T00' for a neighbouring one. */
  readonly hour: string;
  readonly files: readonly InputFile[];
  /** Lines that are not blank; of a neighbouring hour the records of the day. */
  readonly read: number;
  readonly outsideDay: number;
  readonly quarantined: number;
  /** Valid records of other hours of the day, by hour. */
  readonly strays: Readonly<Record<string, number>>;
  /**
   * Names of compressed files that end before their end or hold what cannot be read; none of a neighbouring hour, whose
   * files are read as far as they are.
   */
  readonly truncatedFiles: readonly string[];
  /** Of a neighbouring hour alone. */
  readonly neighbour?: NeighbourContent | undefined;
}

/** What became of the records of one local hour. */
export interface TargetHour extends HourOutput {
  /** Distinct records. */
  readonly kept: number;
}

/** What an engine has to do. */
export interface BuildPlan {
  readonly loaded: LoadedPipeline;
  readonly date: BusinessDate;
  /** Every local hour of the day. */
  readonly hours: readonly string[];
  /** The input files by source hour: those of neighbouring hours first, which decide what else is to be read. */
  readonly sources: ReadonlyMap<string, readonly ListedFile[]>;
  /** Local hours of the day that no file covers whole. */
  readonly missingHours: readonly string[];
  /** Source hours whose files are not those of `previous`. */
  readonly changed: ReadonlySet<string>;
  /** What the published build found in the files of each hour; empty where it cannot be built upon. */
  readonly previous: ReadonlyMap<string, SourceHour>;
}

/** What an engine may use. */
export interface BuildContext {
  /** Where HH.ndjson goes; anything else that is left there is removed. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly memoryLimit: number;
  readonly threads: number;
  readonly progress: ProgressCounter;
}

export interface ProgressCounter {
  addRows(rows: number, bytes: number): void;
  hourDone(): void;
  /** More or fewer hours are to be built than was thought. */
  hoursTotal(hours: number): void;
}

/** What an engine did. What is not listed is as in the previous build. */
export interface EngineResult {
  readonly sources: ReadonlyMap<string, SourceHour>;
  /** Absolute paths of files of bad records as NDJSON, by source hour; none of an hour that was read and has none. */
  readonly quarantine: ReadonlyMap<string, string>;
  readonly targets: ReadonlyMap<string, TargetHour>;
}
