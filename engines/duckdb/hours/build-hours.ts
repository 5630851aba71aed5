import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isNeighbour } from '../../../domain/file-hours';
import { spansHours } from '../../../domain/pipeline';
import type { BuildContext, BuildPlan, EngineResult, TargetHour } from '../../model/build-plan';
import type { ListedFile } from '../../input/listed-file';
import { fastPath } from '../fast-path';
import { unpackedBytes } from '../stage/stage-files';
import { HourBuilder, SHARED_FOLDERS, writeEmptyHour } from './hour-builder';
import { startHourThread } from './hour-thread-client';
import type { HourWorker, WrittenFile } from './hour-worker';
import { MisplacedLedger } from './misplaced-ledger';
import type { RepeatedIdentities } from './repeated-identities';
import { WorkerPool } from './worker-pool';

/**
 * Builds hours. One worker builds an hour from its bytes to its file: no race decides the order of rows, and memory holds
 * only as many hours as there are workers. Of a large day each worker is a thread, and this one only hands out and
 * counts.
 */
export async function buildHours(plan: BuildPlan, context: BuildContext): Promise<EngineResult> {
  return new HoursBuild(plan, context).run();
}

class HoursBuild {
  readonly #plan: BuildPlan;
  readonly #context: BuildContext;
  readonly #ledger: MisplacedLedger;
  readonly #quarantine = new Map<string, string>();
  readonly #targets = new Map<string, TargetHour>();

  constructor(plan: BuildPlan, context: BuildContext) {
    this.#plan = plan;
    this.#context = context;
    this.#ledger = new MisplacedLedger(plan);
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
      await pool.each(
        () => this.#ledger.nextSource(),
        (worker, hour) => this.#read(worker, hour),
      );
      const pending = this.#pendingTargets();
      const rebuilt = pending.filter((hour) => !this.#isEmpty(hour));
      await pool.each(
        () => rebuilt.shift(),
        (worker, hour) => this.#rebuild(worker, hour),
      );
      for (const hour of pending) if (this.#isEmpty(hour)) this.#note(await writeEmptyHour(folder, hour));
      if (spansHours(this.#plan.loaded.pipeline)) await this.#dropRepeated(pool);
    });
    return { sources: this.#ledger.sources, quarantine: this.#quarantine, targets: this.#targets };
  }

  #workers(): { readonly count: number; readonly start: (number: number) => Promise<HourWorker> } {
    const { loaded, date, sources, input } = this.#plan;
    const { folder, memoryLimit, threads, progress } = this.#context;
    const hours = this.#ledger.targets.size;
    const { inDuckDb, outside } = memoryOfWorker(this.#plan);
    const fitting = (bytes: number): number => Math.min(Math.floor(memoryLimit / bytes), hours);
    const inThreads = Math.min(threads, fitting(inDuckDb + outside));
    if (inThreads > 0 && isWorthThreads([...sources.values()], threads)) {
      const setup = { loaded, date, folder, memoryLimit: memoryLimit / inThreads - outside };
      return { count: inThreads, start: (number) => startHourThread({ ...setup, number, input }, progress) };
    }
    // One more than the processors: this thread alone can read, and meanwhile the others keep DuckDB busy.
    const count = Math.max(1, Math.min(threads + 1, fitting(inDuckDb)));
    const setup = { loaded, date, folder, memoryLimit: memoryLimit / count };
    // One scanner: they share this thread, so that several would take more memory and no less time.
    const means = { scanner: fastPath?.hourScanner(loaded.pipeline), progress };
    return { count, start: (number) => HourBuilder.open(setup, number, means) };
  }

  async #read(worker: HourWorker, hour: string): Promise<void> {
    const { sources, changed, previous, hours } = this.#plan;
    const isTarget = this.#ledger.targets.has(hour) && hours.includes(hour);
    const { source, quarantine, written } = await worker.read({
      hour,
      files: sources.get(hour) ?? [],
      same: changed.has(hour) ? undefined : (previous.get(hour)?.files ?? []),
      write: isTarget && this.#ledger.sourcesOf(hour).length === 0,
    });
    if (quarantine !== undefined) this.#quarantine.set(hour, quarantine);
    this.#ledger.record(source);
    this.#context.progress.hoursTotal(this.#ledger.targets.size);
    if (written !== undefined) this.#note(written);
  }

  #pendingTargets(): string[] {
    return [...this.#ledger.targets]
      .filter((hour) => !this.#targets.has(hour) || this.#ledger.sourcesOf(hour).length > 0)
      .sort();
  }

  #isEmpty(hour: string): boolean {
    return !this.#plan.sources.has(hour) && this.#ledger.sourcesOf(hour).length === 0;
  }

  async #rebuild(worker: HourWorker, hour: string, repeated?: RepeatedIdentities): Promise<void> {
    const written = await worker.rebuild({
      hour,
      files: this.#plan.sources.get(hour) ?? [],
      before: (this.#ledger.sources.get(hour) ?? this.#plan.previous.get(hour))?.files,
      sources: this.#ledger.sourcesOf(hour).map((source) => source.hour),
      repeated,
    });
    this.#note(written);
  }

  /** Writes the hours that have identities of earlier hours again, without these identities. */
  async #dropRepeated(pool: WorkerPool): Promise<void> {
    const once = [this.#plan.hours];
    let repeated: RepeatedIdentities[] = [];
    await pool.each(
      () => once.pop(),
      async (worker, hours) => {
        repeated = await worker.repeated(hours);
      },
    );
    await pool.each(
      () => repeated.shift(),
      (worker, one) => this.#rebuild(worker, one.hour, one),
    );
  }

  #note(written: WrittenFile): void {
    if (!this.#targets.has(written.hour)) this.#context.progress.hourDone();
    this.#targets.set(written.hour, { ...written, misfiled: this.#ledger.recordsOf(written.hour) });
  }
}

const MEBIBYTE = 1024 ** 2;
/** Bytes of text of an hour, from which on a thread takes less time than it costs to start. */
const MUCH_OF_AN_HOUR = 4 * MEBIBYTE;
const MANY_OF_AN_HOUR = 1024;
/** Two processors are kept busy without threads too. For them only a day of so many bytes is worth the start. */
const FEW_THREADS = 2;
const MUCH_OF_A_DAY = 512 * MEBIBYTE;

function isWorthThreads(hours: readonly (readonly ListedFile[])[], threads: number): boolean {
  const bytes = hours.map(unpackedBytes);
  const isLarge = hours.some((files, index) => (bytes[index] ?? 0) > MUCH_OF_AN_HOUR || files.length > MANY_OF_AN_HOUR);
  return isLarge && (threads > FEW_THREADS || bytes.reduce((sum, more) => sum + more, 0) > MUCH_OF_A_DAY);
}

/** Bytes of memory that DuckDB takes to parse one byte of a record. Measured with an array of one-digit numbers. */
const MEMORY_OF_RECORD = 128;
/** Bytes of a thread's JavaScript. */
const MEMORY_OF_THREAD = 32 * MEBIBYTE;

/** Bytes that a worker needs: room for the largest record in DuckDB, and what a thread holds outside of DuckDB. */
function memoryOfWorker({ loaded, sources }: BuildPlan): { readonly inDuckDb: number; readonly outside: number } {
  const largest = Math.max(0, ...[...sources].map(([hour, files]) => (isNeighbour(hour) ? 0 : unpackedBytes(files))));
  return {
    inDuckDb: MEMORY_OF_RECORD * Math.max(loaded.pipeline.events.maximumBytes, MEBIBYTE),
    outside: MEMORY_OF_THREAD + (fastPath?.memoryOfScan(loaded.pipeline, largest) ?? 0),
  };
}
