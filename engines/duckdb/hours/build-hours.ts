import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isNeighbour } from '../../../domain/file-hours';
import { isHourly } from '../../../domain/file-pattern';
import { spansHours } from '../../../domain/pipeline';
import type { BuildContext, BuildPlan, EngineResult, TargetHour } from '../../model/build-plan';
import { piecesOf, type Piece } from '../../input/pieces';
import { settled } from '../../versions/settled';
import { fastPath } from '../fast-path';
import { unpackedBytes } from '../stage/stage-files';
import { HourBuilder, SHARED_FOLDERS, writeEmptyHour } from './hour-builder';
import { startHourThread } from './hour-thread-client';
import type { HourToRead, HourToRebuild, HourWorker, ReadHour, WrittenFile } from './hour-worker';
import { LargeHour, type MisplacedPart } from './large-hour';
import { MisplacedLedger } from './misplaced-ledger';
import { MisplacedRecords } from './misplaced-records';
import type { RepeatedIdentities } from './repeated-identities';
import { scannerOf } from './source-reader';
import { WorkerPool } from './worker-pool';

/**
 * Builds hours. One worker builds an hour from its bytes to its file: no race decides the order of rows, and memory holds
 * only as many hours as there are workers. An hour of several pieces is the work of several workers; see LargeHour. Of a
 * large day each worker is a thread, and this one only hands out and counts.
 */
export async function buildHours(plan: BuildPlan, context: BuildContext): Promise<EngineResult> {
  const pieces = new Map<string, readonly Piece[]>();
  const { framing } = plan.loaded.pipeline.files;
  for (const [hour, files] of plan.sources) {
    if (unpackedBytes(files) <= context.pieceBytes) continue;
    const found = await piecesOf(files, { bytes: context.pieceBytes, framing });
    if (found.length > 1) pieces.set(hour, found);
  }
  return new HoursBuild(plan, context, pieces).run();
}

class HoursBuild {
  readonly #plan: BuildPlan;
  readonly #context: BuildContext;
  /** The pieces of the source hours that have several. */
  readonly #pieces: ReadonlyMap<string, readonly Piece[]>;
  readonly #ledger: MisplacedLedger;
  readonly #misplaced: MisplacedRecords;
  /** What each source hour that was read has of other hours. */
  readonly #misplacedParts = new Map<string, readonly MisplacedPart[]>();
  readonly #quarantine = new Map<string, string>();
  readonly #targets = new Map<string, TargetHour>();

  constructor(plan: BuildPlan, context: BuildContext, pieces: ReadonlyMap<string, readonly Piece[]>) {
    this.#plan = plan;
    this.#context = context;
    this.#pieces = pieces;
    this.#ledger = new MisplacedLedger(plan);
    this.#misplaced = new MisplacedRecords(join(context.folder, SHARED_FOLDERS.misplaced));
  }

  /**
   * Reads the source hours and writes each hour whose records are all in its own files. Then writes the other hours.
   * Then writes again the hours that have identities of earlier hours.
   */
  async run(): Promise<EngineResult> {
    const { folder, progress, signal } = this.#context;
    for (const shared of Object.values(SHARED_FOLDERS)) await mkdir(join(folder, shared));
    progress.hoursTotal(this.#ledger.targets.size);
    const { count, start } = this.#workers();
    await WorkerPool.use(count, start, signal, async (pool) => {
      await this.#readSources(pool);
      const pending = this.#pendingTargets();
      await this.#rebuildAll(
        pool,
        pending.filter((hour) => !this.#isEmpty(hour)).map((hour) => ({ hour, repeated: undefined })),
      );
      for (const hour of pending) if (this.#isEmpty(hour)) this.#note(await writeEmptyHour(folder, hour));
      if (spansHours(this.#plan.loaded.pipeline)) await this.#dropRepeated(pool);
    });
    return { sources: this.#ledger.sources, quarantine: this.#quarantine, targets: this.#targets };
  }

  #workers(): { readonly count: number; readonly start: (number: number) => Promise<HourWorker> } {
    const { loaded, date, input } = this.#plan;
    const { folder, memoryLimit, threads, progress } = this.#context;
    const work = this.#ledger.targets.size + [...this.#pieces.values()].reduce((sum, { length }) => sum + length, 0);
    const { inDuckDb, outside } = memoryOfWorker(this.#plan, this.#pieces);
    const fitting = (bytes: number): number => Math.min(Math.floor(memoryLimit / bytes), work);
    const inThreads = Math.min(threads, fitting(inDuckDb + outside));
    if (inThreads > 0 && isWorthThreads(this.#plan, this.#context, this.#pieces)) {
      const setup = { loaded, date, folder, memoryLimit: memoryLimit / inThreads - outside };
      return { count: inThreads, start: (number) => startHourThread({ ...setup, number, input }, progress) };
    }
    // One more than the processors: this thread alone can read, and meanwhile the others keep DuckDB busy.
    const count = Math.max(1, Math.min(threads + 1, fitting(inDuckDb)));
    const setup = { loaded, date, folder, memoryLimit: memoryLimit / count };
    // One scanner: they share this thread, so that several would take more memory and no less time.
    const means = { scanner: scannerOf(loaded.pipeline), progress };
    return { count, start: (number) => HourBuilder.open(setup, number, means) };
  }

  /** Reads each source hour. A large one begins when a worker has nothing else to do. */
  async #readSources(pool: WorkerPool): Promise<void> {
    let large: Promise<void>[];
    do {
      large = [];
      const each = pool.each(
        () => this.#ledger.nextSource(),
        async (worker, hour) => {
          if (this.#pieces.has(hour)) large.push(this.#readLarge(pool, hour));
          else await this.#read(worker, hour);
        },
      );
      await Promise.allSettled([each]);
      await settled([each, ...large]);
    } while (large.length > 0); // Each may have shown that another source must be read.
  }

  async #read(worker: HourWorker, hour: string): Promise<void> {
    const read = await worker.read({ hour, files: this.#plan.sources.get(hour) ?? [], ...this.#howToRead(hour) });
    this.#record(hour, read, [{ name: hour, records: read.source.misplaced }]);
  }

  async #readLarge(pool: WorkerPool, hour: string): Promise<void> {
    const read = await this.#large(pool, hour).read(this.#howToRead(hour));
    this.#record(hour, read, read.misplaced);
  }

  #howToRead(hour: string): { readonly same: HourToRead['same']; readonly write: boolean } {
    const { changed, previous, hours } = this.#plan;
    const isTarget = this.#ledger.targets.has(hour) && hours.includes(hour);
    return {
      same: changed.has(hour) ? undefined : (previous.get(hour)?.files ?? []),
      write: isTarget && this.#ledger.sourcesOf(hour).length === 0,
    };
  }

  #record(hour: string, { source, quarantine, written }: ReadHour, misplaced: readonly MisplacedPart[]): void {
    if (quarantine !== undefined) this.#quarantine.set(hour, quarantine);
    this.#misplacedParts.set(hour, misplaced);
    this.#ledger.record(source);
    this.#context.progress.hoursTotal(this.#ledger.targets.size);
    if (written !== undefined) this.#note(written);
  }

  #large(pool: WorkerPool, hour: string): LargeHour {
    const files = this.#plan.sources.get(hour) ?? [];
    const pieces = this.#pieces.get(hour) ?? (files.length === 0 ? [] : [files]);
    return new LargeHour(hour, pieces, { plan: this.#plan, context: this.#context, pool });
  }

  /** The largest come first, so that the workers end at about the same time. */
  #pendingTargets(): string[] {
    const records = (hour: string): number =>
      (this.#ledger.sources.get(hour)?.read ?? 0) + this.#ledger.recordsOf(hour);
    return [...this.#ledger.targets]
      .filter((hour) => !this.#targets.has(hour) || this.#ledger.sourcesOf(hour).length > 0)
      .sort()
      .sort((one, other) => records(other) - records(one));
  }

  #isEmpty(hour: string): boolean {
    return !this.#plan.sources.has(hour) && this.#ledger.sourcesOf(hour).length === 0;
  }

  /** Writes hours whose records, or duplicates of them, are in the files of several hours. */
  async #rebuildAll(pool: WorkerPool, targets: readonly TargetToRebuild[]): Promise<void> {
    const left = [...targets];
    const large: Promise<void>[] = [];
    const each = pool.each(
      () => left.shift(),
      async (worker, target) => {
        const misplaced = this.#misplacedOf(target.hour);
        if (this.#isLarge(target.hour, misplaced)) large.push(this.#rebuildLarge(pool, target, misplaced));
        else await this.#rebuild(worker, target, misplaced);
      },
    );
    await Promise.allSettled([each]);
    await settled([each, ...large]);
  }

  async #rebuild(
    worker: HourWorker,
    { hour, repeated }: TargetToRebuild,
    misplaced: readonly MisplacedPart[],
  ): Promise<void> {
    const sources = misplaced.map(({ name }) => name);
    const files = this.#plan.sources.get(hour) ?? [];
    this.#note(await worker.rebuild({ hour, files, before: this.#filesBefore(hour), sources, repeated }));
  }

  async #rebuildLarge(
    pool: WorkerPool,
    { hour, repeated }: TargetToRebuild,
    found: readonly MisplacedPart[],
  ): Promise<void> {
    const misplaced = found.map(({ name, records }) => this.#misplaced.partOf(name, hour, records[hour] ?? 0));
    this.#note(await this.#large(pool, hour).rebuild({ before: this.#filesBefore(hour), misplaced, repeated }));
  }

  #filesBefore(hour: string): HourToRebuild['before'] {
    return (this.#ledger.sources.get(hour) ?? this.#plan.previous.get(hour))?.files;
  }

  /** What other sources have of an hour, in order. */
  #misplacedOf(hour: string): MisplacedPart[] {
    return this.#ledger
      .sourcesOf(hour)
      .flatMap((source) => this.#misplacedParts.get(source.hour) ?? [])
      .filter(({ records }) => (records[hour] ?? 0) > 0);
  }

  #isLarge(hour: string, misplaced: readonly MisplacedPart[]): boolean {
    const records = misplaced.reduce((sum, part) => sum + (part.records[hour] ?? 0), 0);
    return this.#pieces.has(hour) || records > this.#context.pieceBytes / BYTES_OF_RECORD;
  }

  /** Writes the hours that have identities of earlier hours again, without these identities. */
  async #dropRepeated(pool: WorkerPool): Promise<void> {
    const repeated = await pool.run((worker) => worker.repeated(this.#plan.hours));
    await this.#rebuildAll(
      pool,
      repeated.map((one) => ({ hour: one.hour, repeated: one })),
    );
  }

  #note(written: WrittenFile): void {
    if (!this.#targets.has(written.hour)) this.#context.progress.hourDone();
    this.#targets.set(written.hour, { ...written, misfiled: this.#ledger.recordsOf(written.hour) });
  }
}

interface TargetToRebuild {
  readonly hour: string;
  readonly repeated: RepeatedIdentities | undefined;
}

/** About; misplaced records of one hour that are as many as those of a piece are shared by several workers. */
const BYTES_OF_RECORD = 64;

const MEBIBYTE = 1024 ** 2;
/** Bytes of text of an hour, from which on a thread takes less time than it costs to start. */
const MUCH_OF_AN_HOUR = 4 * MEBIBYTE;
const MANY_OF_AN_HOUR = 1024;
/** Two processors are kept busy without threads too. For them only a day of so many bytes, or with a large hour, is worth the start. */
const FEW_THREADS = 2;
const MUCH_OF_A_DAY = 512 * MEBIBYTE;

function isWorthThreads(
  { sources }: BuildPlan,
  { threads }: BuildContext,
  pieces: ReadonlyMap<string, readonly Piece[]>,
): boolean {
  const hours = [...sources.values()];
  const bytes = hours.map(unpackedBytes);
  const isLarge = hours.some((files, index) => (bytes[index] ?? 0) > MUCH_OF_AN_HOUR || files.length > MANY_OF_AN_HOUR);
  const isMuch = pieces.size > 0 || bytes.reduce((sum, more) => sum + more, 0) > MUCH_OF_A_DAY;
  return isLarge && (threads > FEW_THREADS || isMuch);
}

/** Bytes of memory that DuckDB takes to parse one byte of a record. Measured with an array of one-digit numbers. */
const MEMORY_OF_RECORD = 128;
/** Bytes of a thread's JavaScript. */
const MEMORY_OF_THREAD = 32 * MEBIBYTE;

/** Bytes that a worker needs: room for the largest record in DuckDB, and what a thread holds outside of DuckDB. */
function memoryOfWorker(
  { loaded: { pipeline }, sources }: BuildPlan,
  pieces: ReadonlyMap<string, readonly Piece[]>,
): { readonly inDuckDb: number; readonly outside: number } {
  const scanned = [...sources].flatMap(([hour, files]) => (isNeighbour(hour) ? [] : (pieces.get(hour) ?? [files])));
  const largest = isHourly(pipeline.files.pattern) ? Math.max(0, ...scanned.map(unpackedBytes)) : 0;
  return {
    inDuckDb: MEMORY_OF_RECORD * Math.max(pipeline.events.maximumBytes, MEBIBYTE),
    outside: MEMORY_OF_THREAD + (fastPath?.memoryOfScan(pipeline, largest) ?? 0),
  };
}
