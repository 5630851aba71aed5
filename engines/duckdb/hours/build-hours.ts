import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isWholeRecord, spansHours } from '../../../domain/pipeline';
import type { BuildContext, BuildPlan, EngineResult } from '../../model/build-plan';
import { valueFailureIn } from '../value-failure';
import type { RowEngine } from './hour-output';
import { HourReader } from './hour-reader';
import { HourWriter } from './hour-writer';
import { MisplacedLedger } from './misplaced-ledger';
import { MisplacedRecords } from './misplaced-records';
import { HourIdentities, type RepeatedIdentities } from './repeated-identities';
import type { ReadFiles } from '../stage/stage-files';
import { WorkerPool, type Worker } from './worker-pool';

/**
 * Builds hours with embedded DuckDBs of one thread each. One worker builds an hour from its lines to its file: no race
 * decides the order of rows, and memory holds only as many hours as there are workers.
 */
export async function buildHours(plan: BuildPlan, context: BuildContext, rows: RowEngine): Promise<EngineResult> {
  const build = new HoursBuild(plan, context, rows);
  return build.run();
}

class HoursBuild {
  readonly #plan: BuildPlan;
  readonly #context: BuildContext;
  readonly #reader: HourReader;
  readonly #ledger: MisplacedLedger;
  readonly #misplaced: MisplacedRecords;
  readonly #writer: HourWriter;
  /** Defined only if records of different hours can have the same identity. */
  readonly #identities: HourIdentities | undefined;

  constructor(plan: BuildPlan, context: BuildContext, rows: RowEngine) {
    const { pipeline } = plan.loaded;
    this.#plan = plan;
    this.#context = context;
    this.#reader = new HourReader(plan, context, rows);
    this.#ledger = new MisplacedLedger(plan);
    this.#misplaced = new MisplacedRecords(join(context.folder, MISPLACED), pipeline);
    this.#writer = new HourWriter(plan, context, rows);
    this.#identities = spansHours(pipeline)
      ? new HourIdentities(join(context.folder, IDENTITIES), pipeline)
      : undefined;
  }

  /**
   * Reads the source hours and writes each hour whose records are all in its own files. Then writes the other hours.
   * Then writes again the hours that have identities of earlier hours.
   */
  async run(): Promise<EngineResult> {
    for (const folder of [MISPLACED, IDENTITIES]) await mkdir(join(this.#context.folder, folder));
    this.#context.progress.hoursTotal(this.#ledger.targets.size);
    const count = workersFor(this.#context, this.#plan.loaded.pipeline.events.maximumBytes, this.#ledger.targets.size);
    await WorkerPool.use(this.#plan, this.#context, count, async (pool) => {
      await pool.each(
        () => this.#ledger.nextSource(),
        (worker, hour) => this.#readSource(worker, hour, pool.signal),
      );
      const pending = this.#pendingTargets();
      const rebuilt = pending.filter((hour) => !this.#isEmpty(hour));
      await pool.each(
        () => rebuilt.shift(),
        (worker, hour) => this.#rebuild(worker, hour, pool.signal),
      );
      for (const hour of pending) if (this.#isEmpty(hour)) await this.#writer.writeEmpty(hour);
      if (this.#identities !== undefined) await this.#dropRepeated(pool, this.#identities);
    });
    return { sources: this.#ledger.sources, quarantine: this.#reader.quarantine, targets: this.#writer.written };
  }

  async #readSource(worker: Worker, hour: string, signal: AbortSignal): Promise<void> {
    const read = await this.#reader.read(worker, hour, signal);
    if ((await valueFailureIn(() => this.#record(worker, hour, read))) !== undefined) {
      await worker.stage.clear();
      await this.#record(worker, hour, await this.#reader.readGood(worker, hour, { before: read.files, signal }));
    }
    await worker.stage.clear();
  }

  /** Records the outcome of one source hour, and writes the hour unless it has to wait for others. */
  async #record(worker: Worker, hour: string, { files, faults, unread, neighbour }: ReadFiles): Promise<void> {
    const { database, stage } = worker;
    const { misplaced, ...counts } = await stage.counts();
    const targets = Object.keys(misplaced);
    const isWritten = this.#ledger.targets.has(hour) && this.#ledger.sourcesOf(hour).length === 0;
    // Bad records are separated before deduplication: a good record must not be lost because a bad one equals it.
    const own = !isWritten || !isWholeRecord(this.#plan.loaded.pipeline);
    if (own || targets.length > 0) await this.#reader.check(worker, { own });
    const isBad = counts.quarantined + faults.length > 0;
    const quarantined = isBad ? await this.#reader.quarantineBad(worker, hour, faults) : 0;
    this.#ledger.record({
      hour,
      files,
      read: counts.read + faults.length,
      outsideDay: counts.outsideDay,
      quarantined,
      misplaced,
      truncatedFiles: [...new Set(faults.map(({ file }) => file))],
      ...(unread.length > 0 && { unreadFiles: unread }),
      ...(neighbour !== undefined && { neighbour }),
    });
    if (targets.length > 0) {
      await this.#misplaced.keep(database.connection, hour, { targets, isPadded: stage.isPadded });
      this.#context.progress.hoursTotal(this.#ledger.targets.size);
    }
    if (isWritten) await this.#write(worker, hour);
  }

  #pendingTargets(): string[] {
    return [...this.#ledger.targets]
      .filter((hour) => !this.#writer.written.has(hour) || this.#ledger.sourcesOf(hour).length > 0)
      .sort();
  }

  #isEmpty(hour: string): boolean {
    return !this.#plan.sources.has(hour) && this.#ledger.sourcesOf(hour).length === 0;
  }

  /** Writes an hour whose records, or duplicates of them, are in the files of several hours. */
  async #rebuild(worker: Worker, hour: string, signal: AbortSignal, repeated?: RepeatedIdentities): Promise<void> {
    const before = (this.#ledger.sources.get(hour) ?? this.#plan.previous.get(hour))?.files;
    await this.#reader.readGood(worker, hour, { before, signal });
    for (const source of this.#ledger.sourcesOf(hour)) {
      await this.#misplaced.stage(worker.database.connection, source.hour, hour);
    }
    await this.#write(worker, hour, repeated);
  }

  /** Writes the hours that have identities of earlier hours again, without these identities. */
  async #dropRepeated(pool: WorkerPool, identities: HourIdentities): Promise<void> {
    const once = [identities];
    let repeated: RepeatedIdentities[] = [];
    await pool.each(
      () => once.pop(),
      async ({ database }) => {
        repeated = await identities.repeated(database.connection, this.#plan.hours);
      },
    );
    await pool.each(
      () => repeated.shift(),
      (worker, one) => this.#rebuild(worker, one.hour, pool.signal, one),
    );
  }

  async #write(worker: Worker, hour: string, repeated?: RepeatedIdentities): Promise<void> {
    if (!this.#plan.hours.includes(hour)) return;
    const kept = await this.#writer.write(worker, hour, { misplaced: this.#ledger.recordsOf(hour), repeated });
    if (kept > 0 && repeated === undefined) await this.#identities?.keep(worker.database.connection, hour);
  }
}

/** Bytes of memory that DuckDB takes to parse one byte of a record. Measured with an array of one-digit numbers. */
const MEMORY_OF_RECORD = 128;

/** How many hours are built at once. Memory limits them, since each must have room for the largest record. */
function workersFor({ threads, memoryLimit }: BuildContext, maximumBytes: number, hours: number): number {
  const fitting = Math.floor(memoryLimit / (MEMORY_OF_RECORD * Math.max(maximumBytes, MEBIBYTE)));
  // One more than the processors: only one worker can read at a time (JavaScript has one thread), and meanwhile the
  // others keep DuckDB busy.
  return Math.max(1, Math.min(threads + 1, hours, fitting));
}

const MEBIBYTE = 1024 ** 2;
const MISPLACED = '.misplaced';
const IDENTITIES = '.identities';
