import { join } from 'node:path';
import type { InputFile } from '../../../domain/day-manifest';
import { isHourly } from '../../../domain/file-pattern';
import type { Pipeline } from '../../../domain/pipeline';
import type { HourScanner } from '../../model/fast-path';
import type { ProgressCounter, SourceHour } from '../../model/build-plan';
import { writeQuarantine, type QuarantinedRecord } from '../../versions/quarantine';
import type { Database } from '../database';
import { fastPath } from '../fast-path';
import type { HourStage } from '../stage/hour-stage';
import { requireSame } from '../stage/same-files';
import {
  stageAll,
  stageProven,
  stageSource,
  type ReadFiles,
  type Reading,
  type SourceFiles,
} from '../stage/stage-files';
import { valueFailureIn } from '../value-failure';
import { checkUnwritten, type RowEngine } from './hour-output';
import type { MisplacedRecords } from './misplaced-records';

/** What the builders of one thread have in common. */
export interface HourMeans {
  /** Undefined if the pipeline has none. */
  readonly scanner: HourScanner | undefined;
  readonly progress: Pick<ProgressCounter, 'addRows'>;
}

/**
 * A scanner for the hours of a build. Undefined if the pipeline has none, and if a file covers a day: few of its lines are
 * of the hour in which it begins.
 */
export function scannerOf(pipeline: Pipeline): HourScanner | undefined {
  return isHourly(pipeline.files.pattern) ? fastPath?.hourScanner(pipeline) : undefined;
}

/** What a reader works on. */
export interface ReaderParts {
  readonly pipeline: Pipeline;
  /** Absolute path of the folder of the version that is built. */
  readonly folder: string;
  readonly means: HourMeans;
  readonly database: Database;
  readonly stage: HourStage;
  readonly rows: RowEngine;
  readonly misplaced: MisplacedRecords;
}

/** The files of a source, or a piece of them. */
export interface SourceToRead extends SourceFiles {
  /** Whether the progress counts this reading: of all readings of a line, one counts. */
  readonly isCounted: boolean;
}

/** Stages the files of a source, or a piece of them, and says what is in them. */
export class SourceReader {
  readonly #parts: ReaderParts;
  readonly #stop = new AbortController();

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /** Stages with the fast path if it helps. `path`: see HourScan. */
  read(source: SourceToRead, path: string): Promise<ReadFiles> {
    return stageSource(this.#parts.stage, source, {
      ...this.#reading(source),
      scanner: this.#parts.means.scanner,
      path,
    });
  }

  /** Stages with the fast path. Undefined if it does not help. */
  readProven(source: SourceToRead, path: string): Promise<ReadFiles | undefined> {
    return stageProven(this.#parts.stage, source, {
      ...this.#reading(source),
      scanner: this.#parts.means.scanner,
      path,
    });
  }

  /** Stages every line. */
  readAll(source: SourceToRead): Promise<ReadFiles> {
    return stageAll(this.#parts.stage, source, this.#reading(source));
  }

  /**
   * The same. Lines on which the transform fails are noted as bad.
   *
   * @param before the files as they were when they were read before. Default: they were not.
   */
  async readGood(source: SourceToRead, before?: readonly InputFile[]): Promise<ReadFiles> {
    const { stage, rows } = this.#parts;
    const read = await this.readAll(source);
    if (before !== undefined) requireSame(source.hour, read.files, before);
    if ((await valueFailureIn(() => this.check({ own: true }))) !== undefined) {
      requireSame(source.hour, await stage.rejectFailing(rows.check, source.files), read.files);
    }
    return read;
  }

  /** Fails if the transform fails on a staged record that is not written with its file's hour; see `checkUnwritten`. */
  check({ own }: { readonly own: boolean }): Promise<void> {
    const { database, pipeline, rows, stage } = this.#parts;
    return checkUnwritten(database.connection, pipeline, { rows, proven: stage.proven, own });
  }

  /**
   * What is staged of a source. Writes its bad records, and keeps its records of other hours under `name`. Fails if the
   * transform fails on one of the latter and, with `check`, also on one of its own.
   */
  async outcome(
    name: string,
    hour: string,
    { files, faults, unread, damagedFiles, neighbour }: ReadFiles,
    { check }: { readonly check: boolean },
  ): Promise<{ readonly source: SourceHour; readonly quarantine: string | undefined }> {
    const { stage, folder, misplaced: kept, database } = this.#parts;
    const { misplaced, ...counts } = await stage.counts();
    const targets = Object.keys(misplaced);
    // Bad records are separated before deduplication: a good record must not be lost because a bad one equals it.
    if (check || targets.length > 0) await this.check({ own: check });
    const isBad = counts.quarantined + faults.length > 0;
    const path = join(folder, `.quarantine-${name}.ndjson`);
    const quarantined = isBad ? await writeQuarantine(path, allOf(stage.quarantined(), faults)) : 0;
    if (targets.length > 0) await kept.keep(database.connection, name, { targets, isPadded: stage.isPadded });
    const source = {
      hour,
      files,
      read: counts.read + faults.length,
      outsideDay: counts.outsideDay,
      quarantined,
      misplaced,
      truncatedFiles: [...new Set(faults.map(({ file }) => file))],
      ...(unread.length > 0 && { unreadFiles: unread }),
      ...(damagedFiles.length > 0 && { damagedFiles }),
      ...(neighbour !== undefined && { neighbour }),
    };
    return { source, quarantine: isBad ? path : undefined };
  }

  interrupt(): void {
    this.#stop.abort();
    this.#parts.database.connection.interrupt();
  }

  #reading({ isCounted }: SourceToRead): Reading {
    return { signal: this.#stop.signal, ...(isCounted && { progress: this.#parts.means.progress }) };
  }
}

async function* allOf(
  records: AsyncIterable<QuarantinedRecord>,
  faults: readonly QuarantinedRecord[],
): AsyncGenerator<QuarantinedRecord> {
  yield* records;
  yield* faults;
}
