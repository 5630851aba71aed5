import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BusinessDate } from '../../../domain/business-date';
import { isWholeRecord, spansHours } from '../../../domain/pipeline';
import { hashFile } from '../../input/hash-file';
import type { LoadedPipeline } from '../../model/loaded-pipeline';
import { openDatabase, type Database } from '../database';
import { HourStage } from '../stage/hour-stage';
import { requireSame } from '../stage/same-files';
import type { ReadFiles } from '../stage/stage-files';
import { valueFailureIn } from '../value-failure';
import { NO_ROWS, transformedRows, writeHour, type RowEngine, type WrittenHour } from './hour-output';
import type { HourToRead, HourToRebuild, HourWorker, ReadHour, WrittenFile } from './hour-worker';
import { MisplacedRecords } from './misplaced-records';
import { PieceBuilder } from './piece-builder';
import type { PieceSteps } from './piece-steps';
import { HourIdentities, type RepeatedIdentities } from './repeated-identities';
import { SourceReader, type HourMeans } from './source-reader';

/** What the workers of a build have in common. It can pass between threads. */
export interface HoursSetup {
  readonly loaded: LoadedPipeline;
  readonly date: BusinessDate;
  /** Absolute path of the folder of the version that is built. */
  readonly folder: string;
  /** Bytes that the DuckDB of one worker may hold. */
  readonly memoryLimit: number;
}

/** Folders within that of the version, which the workers share. */
export const SHARED_FOLDERS = { misplaced: '.misplaced', identities: '.identities', pieces: '.pieces' } as const;

/** Builds hours with a DuckDB of one thread. So no race decides the order of rows. */
export class HourBuilder implements HourWorker {
  readonly pieces: PieceSteps;
  readonly #setup: HoursSetup;
  readonly #rows: RowEngine;
  readonly #database: Database;
  readonly #stage: HourStage;
  readonly #misplaced: MisplacedRecords;
  /** Defined only if records of different hours can have the same identity. */
  readonly #identities: HourIdentities | undefined;
  readonly #reader: SourceReader;

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
    const { folder, date, loaded } = setup;
    const { pipeline } = loaded;
    const rows = transformedRows(loaded);
    const misplaced = new MisplacedRecords(join(folder, SHARED_FOLDERS.misplaced));
    const identities = spansHours(pipeline)
      ? new HourIdentities(join(folder, SHARED_FOLDERS.identities), pipeline)
      : undefined;
    const reader = new SourceReader({ pipeline, folder, means, database, stage, rows, misplaced });
    const { connection } = database;
    const pieces = join(folder, SHARED_FOLDERS.pieces);
    this.#setup = setup;
    this.#database = database;
    this.#stage = stage;
    this.#rows = rows;
    this.#misplaced = misplaced;
    this.#identities = identities;
    this.#reader = reader;
    this.pieces = new PieceBuilder({
      ...{ loaded, date, folder, pieces, connection, stage, identities, reader },
    });
  }

  async read({ hour, files, same, write }: HourToRead): Promise<ReadHour> {
    const source = { date: this.#setup.date, hour, files, isCounted: true };
    const read = await this.#reader.read(source, join(this.#setup.folder, `.proven-${hour}.parquet`));
    if (same !== undefined) requireSame(hour, read.files, same);
    try {
      let built: ReadHour | undefined;
      const record = async (now: ReadFiles): Promise<void> => {
        built = await this.#record(hour, now, write);
      };
      if ((await valueFailureIn(() => record(read))) !== undefined) {
        await this.#stage.clear();
        await record(await this.#reader.readGood({ ...source, isCounted: false }, read.files));
      }
      if (built === undefined) throw new Error(`the hour ${hour} was not built`);
      return built;
    } finally {
      await this.#stage.clear();
    }
  }

  async rebuild({ hour, files, before, sources, repeated }: HourToRebuild): Promise<WrittenFile> {
    await this.#reader.readGood({ date: this.#setup.date, hour, files, isCounted: false }, before ?? []);
    for (const source of sources) await this.#misplaced.stage(this.#database.connection, source, hour);
    return this.#write(hour, repeated);
  }

  async repeated(hours: readonly string[]): Promise<RepeatedIdentities[]> {
    return (await this.#identities?.repeated(this.#database.connection, hours)) ?? [];
  }

  interrupt(): void {
    this.#reader.interrupt();
  }

  async close(): Promise<void> {
    await this.#stage.clear();
    this.#database.close();
  }

  /** The outcome of one source hour, which is staged. */
  async #record(hour: string, read: ReadFiles, write: boolean): Promise<ReadHour> {
    const check = !write || !isWholeRecord(this.#setup.loaded.pipeline);
    const { source, quarantine } = await this.#reader.outcome(hour, hour, read, { check });
    const written = write ? await this.#write(hour, undefined) : undefined;
    return { source, quarantine, written };
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

export function fileOf(hour: string): string {
  return `${hour}.ndjson`;
}
