import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BusinessDate } from '../../../domain/business-date';
import type { InputFile } from '../../../domain/day-manifest';
import { isWholeRecord, spansHours } from '../../../domain/pipeline';
import { hashFile } from '../../input/hash-file';
import type { ProgressCounter } from '../../model/build-plan';
import type { HourScanner } from '../../model/fast-path';
import type { LoadedPipeline } from '../../model/loaded-pipeline';
import { writeQuarantine, type QuarantinedRecord } from '../../versions/quarantine';
import { openDatabase, type Database } from '../database';
import { HourStage } from '../stage/hour-stage';
import { requireSame } from '../stage/same-files';
import { stageAll, stageSource, type ReadFiles, type SourceFiles } from '../stage/stage-files';
import { valueFailureIn } from '../value-failure';
import { checkUnwritten, NO_ROWS, transformedRows, writeHour, type RowEngine, type WrittenHour } from './hour-output';
import type { HourToRead, HourToRebuild, HourWorker, ReadHour, WrittenFile } from './hour-worker';
import { MisplacedRecords } from './misplaced-records';
import { HourIdentities, type RepeatedIdentities } from './repeated-identities';

/** What the workers of a build have in common. It can pass between threads. */
export interface HoursSetup {
  readonly loaded: LoadedPipeline;
  readonly date: BusinessDate;
  /** Absolute path of the folder of the version that is built. */
  readonly folder: string;
  /** Bytes that the DuckDB of one worker may hold. */
  readonly memoryLimit: number;
}

/** What the builders of one thread have in common. */
export interface HourMeans {
  /** Undefined if the pipeline has none. */
  readonly scanner: HourScanner | undefined;
  readonly progress: Pick<ProgressCounter, 'addRows'>;
}

/** Folders within that of the version, which the workers share. */
export const SHARED_FOLDERS = { misplaced: '.misplaced', identities: '.identities' } as const;

/** Builds hours with a DuckDB of one thread. So no race decides the order of rows. */
export class HourBuilder implements HourWorker {
  readonly #setup: HoursSetup;
  readonly #rows: RowEngine;
  readonly #means: HourMeans;
  readonly #database: Database;
  readonly #stage: HourStage;
  readonly #misplaced: MisplacedRecords;
  /** Defined only if records of different hours can have the same identity. */
  readonly #identities: HourIdentities | undefined;
  readonly #stop = new AbortController();

  /** @param number of the worker in its build, for the names of what it alone writes. */
  static async open(setup: HoursSetup, number: number, means: HourMeans): Promise<HourBuilder> {
    const { loaded, date, folder, memoryLimit } = setup;
    const database = await openDatabase(loaded.pipeline, loaded.tables, {
      ...{ memoryLimit, spillFolder: join(folder, `.spill-${number}`), outputFolder: folder },
    });
    const stage = new HourStage(database.connection, loaded.pipeline, date, join(folder, `.bad-${number}`));
    return new HourBuilder(setup, means, database, stage);
  }

  private constructor(setup: HoursSetup, means: HourMeans, database: Database, stage: HourStage) {
    const { folder, loaded } = setup;
    this.#setup = setup;
    this.#means = means;
    this.#database = database;
    this.#stage = stage;
    this.#rows = transformedRows(loaded);
    this.#misplaced = new MisplacedRecords(join(folder, SHARED_FOLDERS.misplaced), loaded.pipeline);
    this.#identities = spansHours(loaded.pipeline)
      ? new HourIdentities(join(folder, SHARED_FOLDERS.identities), loaded.pipeline)
      : undefined;
  }

  async read({ hour, files, same, write }: HourToRead): Promise<ReadHour> {
    const path = join(this.#setup.folder, `.proven-${hour}.parquet`);
    const source = { date: this.#setup.date, hour, files };
    const read = await stageSource(this.#stage, source, { scanner: this.#means.scanner, path, ...this.#reading });
    if (same !== undefined) requireSame(hour, read.files, same);
    try {
      let built: ReadHour | undefined;
      const record = async (now: ReadFiles): Promise<void> => {
        built = await this.#record(hour, now, write);
      };
      if ((await valueFailureIn(() => record(read))) !== undefined) {
        await this.#stage.clear();
        await record(await this.#readGood(source, read.files));
      }
      if (built === undefined) throw new Error(`the hour ${hour} was not built`);
      return built;
    } finally {
      await this.#stage.clear();
    }
  }

  async rebuild({ hour, files, before, sources, repeated }: HourToRebuild): Promise<WrittenFile> {
    await this.#readGood({ date: this.#setup.date, hour, files }, before);
    for (const source of sources) await this.#misplaced.stage(this.#database.connection, source, hour);
    return this.#write(hour, repeated);
  }

  async repeated(hours: readonly string[]): Promise<RepeatedIdentities[]> {
    return (await this.#identities?.repeated(this.#database.connection, hours)) ?? [];
  }

  interrupt(): void {
    this.#stop.abort();
    this.#database.connection.interrupt();
  }

  async close(): Promise<void> {
    await this.#stage.clear();
    this.#database.close();
  }

  get #reading() {
    return { signal: this.#stop.signal, progress: this.#means.progress };
  }

  /** Stages every line of an hour, whose files were `before`. Lines on which the transform fails are noted as bad. */
  async #readGood(source: SourceFiles, before: readonly InputFile[] | undefined): Promise<ReadFiles> {
    const read = await stageAll(this.#stage, source, this.#reading);
    requireSame(source.hour, read.files, before);
    if ((await valueFailureIn(() => this.#check({ own: true }))) !== undefined) {
      const again = await this.#stage.rejectFailing(this.#rows.check, source.files);
      requireSame(source.hour, again, before);
    }
    return read;
  }

  /** The outcome of one source hour, which is staged. */
  async #record(hour: string, { files, faults, unread, neighbour }: ReadFiles, write: boolean): Promise<ReadHour> {
    const { misplaced, ...counts } = await this.#stage.counts();
    const targets = Object.keys(misplaced);
    // Bad records are separated before deduplication: a good record must not be lost because a bad one equals it.
    const own = !write || !isWholeRecord(this.#setup.loaded.pipeline);
    if (own || targets.length > 0) await this.#check({ own });
    const isBad = counts.quarantined + faults.length > 0;
    const path = join(this.#setup.folder, `.quarantine-${hour}.ndjson`);
    const quarantined = isBad ? await writeQuarantine(path, allOf(this.#stage.quarantined(), faults)) : 0;
    const source = {
      hour,
      files,
      read: counts.read + faults.length,
      outsideDay: counts.outsideDay,
      quarantined,
      misplaced,
      truncatedFiles: [...new Set(faults.map(({ file }) => file))],
      ...(unread.length > 0 && { unreadFiles: unread }),
      ...(neighbour !== undefined && { neighbour }),
    };
    if (targets.length > 0) {
      const { connection } = this.#database;
      await this.#misplaced.keep(connection, hour, { targets, isPadded: this.#stage.isPadded });
    }
    const written = write ? await this.#write(hour, undefined) : undefined;
    return { source, quarantine: isBad ? path : undefined, written };
  }

  /** Fails if the transform fails on a staged record that is not written with its file's hour; see `checkUnwritten`. */
  #check({ own }: { readonly own: boolean }): Promise<void> {
    const { proven } = this.#stage;
    return checkUnwritten(this.#database.connection, this.#setup.loaded.pipeline, { rows: this.#rows, proven, own });
  }

  /** Writes the hour's staged records. */
  async #write(hour: string, repeated: RepeatedIdentities | undefined): Promise<WrittenFile> {
    const { connection } = this.#database;
    const { folder, loaded } = this.#setup;
    const parts = { rows: this.#rows, proven: this.#stage.proven, repeated };
    const written = await writeHour(connection, loaded.pipeline, join(folder, fileOf(hour)), parts);
    if (written.kept > 0 && repeated === undefined) await this.#identities?.keep(connection, hour);
    return writtenFile(folder, hour, written);
  }
}

/** Writes the file of an hour without records. */
export async function writeEmptyHour(folder: string, hour: string): Promise<WrittenFile> {
  await writeFile(join(folder, fileOf(hour)), '');
  return writtenFile(folder, hour, { kept: 0, duplicates: 0, ...NO_ROWS });
}

async function writtenFile(folder: string, hour: string, written: WrittenHour): Promise<WrittenFile> {
  const file = fileOf(hour);
  return { hour, file, ...written, ...(await hashFile(join(folder, file))) };
}

function fileOf(hour: string): string {
  return `${hour}.ndjson`;
}

async function* allOf(
  records: AsyncIterable<QuarantinedRecord>,
  faults: readonly QuarantinedRecord[],
): AsyncGenerator<QuarantinedRecord> {
  yield* records;
  yield* faults;
}
