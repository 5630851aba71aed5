import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageLocation } from '../../clients/storage/location';
import { isNeighbour } from '../../domain/file-hours';
import { isHourly } from '../../domain/file-pattern';
import { spansHours } from '../../domain/pipeline';
import { Semaphore } from '../../domain/semaphore';
import { lockingSql, openDatabase } from '../duckdb/database';
import { requireSame } from '../duckdb/stage/same-files';
import { MisplacedLedger } from '../duckdb/hours/misplaced-ledger';
import { isNamedForeign } from '../input/compression';
import { foreignReason, NotWhole } from '../input/file-bytes';
import { readChunks } from '../input/line-chunks';
import type { ListedFile } from '../input/listed-file';
import type { BuildContext, BuildPlan, EngineResult, SourceHour, TargetHour } from '../model/build-plan';
import { settled } from '../versions/settled';
import { runSpark } from './application';
import type { ReadItem, WrittenPart } from './day-result';
import { joinHour } from './hour-files';
import { readOddFile, type OddFile } from './odd-files';
import { exportSql, planSql, stageSql, tableSql } from './plan-sql';
import { quarantineOf, sourceHourOf, type SourceRead } from './source-hours';
import { LIBRARIES, type SparkProgram } from './spark-program';
import { placesOf, type TaskFile } from './task-files';
import { contentBytes, workItems, type WorkItem } from './work-items';

export interface SparkBuild {
  readonly program: SparkProgram;
  /** Where the input files are, for tasks. */
  readonly input: StorageLocation;
  /** Absolute path of the file for the output of Spark's driver. */
  readonly log: string;
}

/**
 * Builds hours on Spark. Its tasks read the files and run the SQL of the engine duckdb, in DuckDB: the validity rule,
 * the search for duplicates and the transform. Spark takes the records to the tasks of their hours. This program hands
 * out the work and holds counts.
 *
 * Local input files, and the folder of the version, must have the same path for the driver and for every executor.
 */
export async function buildHoursOnSpark(
  plan: BuildPlan,
  context: BuildContext,
  build: SparkBuild,
): Promise<EngineResult> {
  const run = new SparkRun(plan, context, build);
  return run.build();
}

/** Bytes of lines that one task makes rows of. */
const PARTITION_BYTES = 64 * 1024 ** 2;
/**
 * Bytes of lines that a task can hold. One hour may have all of the file of a day. Usually it has a part, for which
 * more partitions than needed are slow.
 */
const MOST_PARTITION_BYTES = 4 * PARTITION_BYTES;

/** Hours whose parts are joined at once: while bytes of one are hashed, those of others are read and written. */
const HOURS_AT_ONCE = 4;

/** What one application did. */
interface Outcome {
  readonly sources: readonly SourceRead[];
  readonly written: readonly WrittenPart[];
}

class SparkRun {
  readonly #plan: BuildPlan;
  readonly #context: BuildContext;
  readonly #build: SparkBuild;
  readonly #ledger: MisplacedLedger;
  /** Absolute path of the folder of all that is for Spark. */
  readonly #folder: string;
  readonly #odd = new Map<string, OddFile>();

  constructor(plan: BuildPlan, context: BuildContext, build: SparkBuild) {
    this.#plan = plan;
    this.#context = context;
    this.#build = build;
    this.#ledger = new MisplacedLedger(plan);
    this.#folder = join(context.folder, '.spark');
  }

  async build(): Promise<EngineResult> {
    await mkdir(this.#folder, { recursive: true });
    const sample = await this.#sample();
    const tables = await this.#exportTables();
    const hours = new Set<string>();
    for (;;) {
      for (let hour = this.#ledger.nextSource(); hour !== undefined; hour = this.#ledger.nextSource()) hours.add(hour);
      const targets = this.#targets();
      this.#context.progress.hoursTotal(targets.length);
      const outcome = await this.#attempt(hours, targets, { sample, tables });
      // Misplaced records of a changed file can belong to an hour that was not to be built.
      const { sources } = this.#record(outcome);
      if (this.#targets().length > targets.length) continue;
      return { sources, ...(await this.#collect(outcome, targets)) };
    }
  }

  #targets(): string[] {
    return this.#plan.hours.filter((hour) => this.#ledger.targets.has(hour));
  }

  /** Runs Spark, again if it found files that only this program can read. */
  async #attempt(hours: ReadonlySet<string>, targets: readonly string[], parts: PlanParts): Promise<Outcome> {
    const listed = new Map([...hours].map((hour) => [hour, this.#plan.sources.get(hour) ?? []]));
    for (const file of [...listed.values()].flat()) {
      if (!this.#odd.has(file.file) && (await this.#isKnownToBeOdd(file))) await this.#unpackOdd([file]);
    }
    for (;;) {
      this.#context.signal.throwIfAborted();
      const files = this.#taskFiles(listed);
      const items = workItems(files);
      const { read, written } = await this.#submit(items, files, targets, parts);
      const odd = new Set(read.flatMap((found) => found.odd));
      if (odd.size === 0) return { sources: this.#sourcesRead(listed, items, read), written };
      const byNumber = [...listed.values()].flat();
      await this.#unpackOdd([...odd].flatMap((number) => byNumber[number] ?? []));
    }
  }

  async #submit(
    items: readonly WorkItem<TaskFile>[],
    sources: ReadonlyMap<string, readonly TaskFile[]>,
    targets: readonly string[],
    { sample, tables }: PlanParts,
  ): Promise<{ readonly read: readonly ReadItem[]; readonly written: readonly WrittenPart[] }> {
    const { loaded, date } = this.#plan;
    const hours = [...sources.keys()];
    const ranks = hours.toSorted();
    const output = join(this.#folder, 'parts');
    // What an earlier application wrote is of no use.
    await rm(output, { recursive: true, force: true });
    await mkdir(output);
    const plan = {
      ...planSql(loaded, this.#buckets(sources), targets),
      id: randomUUID(),
      libraries: LIBRARIES,
      tasks: Math.ceil(sum([...sources.values()].map(sizeOf)) / PARTITION_BYTES),
      memoryBytes: this.#context.memoryLimit,
      maximumBytes: loaded.pipeline.events.maximumBytes,
      tables,
      lock: lockingSql([`${output}/`]),
      output,
      sources: hours.map((hour) => ({
        hour,
        isOwn: !isNeighbour(hour),
        check: !targets.includes(hour),
        rank: ranks.indexOf(hour),
        stage: stageSql(loaded, date, hour, sample),
      })),
      items: items.map(({ hour, ...item }, number) => ({ ...item, number, source: hours.indexOf(hour) })),
    };
    const file = join(this.#folder, 'plan.json');
    await writeFile(file, JSON.stringify(plan));
    return runSpark(this.#build.program, {
      name: `daybreak ${loaded.pipeline.name} ${date}`,
      plan: file,
      result: join(this.#folder, 'result.json'),
      scratch: this.#folder,
      log: this.#build.log,
      signal: this.#context.signal,
    });
  }

  /** As many partitions for each hour that the rows of the largest one are enough work for one task. */
  #buckets(sources: ReadonlyMap<string, readonly TaskFile[]>): number {
    const hours = [...sources.values()].map(sizeOf);
    const { pipeline } = this.#plan.loaded;
    const partitions = (bytes: number, ofOne: number): number => Math.max(1, Math.ceil(bytes / ofOne));
    // Where identities span hours, a bucket has its records of all hours.
    if (spansHours(pipeline)) return partitions(sum(hours), PARTITION_BYTES);
    if (isHourly(pipeline.files.pattern)) return partitions(Math.max(0, ...hours), PARTITION_BYTES);
    return partitions(sum(hours), MOST_PARTITION_BYTES);
  }

  #taskFiles(sources: ReadonlyMap<string, readonly ListedFile[]>): Map<string, TaskFile[]> {
    const placeOf = placesOf(this.#build.input);
    let number = 0;
    const ofHour = (files: readonly ListedFile[]): TaskFile[] =>
      files.map((file) => {
        const odd = this.#odd.get(file.file);
        const common = { file: file.file, number: number++ };
        return odd === undefined
          ? { ...common, bytes: file.bytes, isLines: false, place: placeOf(file) }
          : { ...common, bytes: odd.bytes, isLines: true, place: { kind: 'local', path: odd.path } };
      });
    return new Map([...sources].map(([hour, files]) => [hour, ofHour(files)]));
  }

  #sourcesRead(
    sources: ReadonlyMap<string, readonly ListedFile[]>,
    items: readonly WorkItem<TaskFile>[],
    read: readonly ReadItem[],
  ): SourceRead[] {
    const found = new Map(read.map((one) => [one.item, one]));
    const all = items.map((item, number) => {
      const one = found.get(number);
      if (one === undefined) throw new Error(`Spark lost the work item ${number}`);
      return { item, found: one };
    });
    const { date, loaded } = this.#plan;
    const { maximumBytes } = loaded.pipeline.events;
    return [...sources].map(([hour, files]) => {
      const ofHour = all.filter(({ item }) => item.hour === hour);
      return { date, hour, files, items: ofHour, odd: this.#oddOf(files), maximumBytes };
    });
  }

  #oddOf(files: readonly ListedFile[]): ReadonlyMap<string, OddFile> {
    return new Map(
      files.flatMap(({ file }): [string, OddFile][] => {
        const odd = this.#odd.get(file);
        return odd === undefined ? [] : [[file, odd]];
      }),
    );
  }

  #record({ sources }: Outcome): { readonly sources: ReadonlyMap<string, SourceHour> } {
    for (const source of sources) {
      const read = sourceHourOf(source);
      if (!this.#plan.changed.has(source.hour)) {
        requireSame(source.hour, read.files, this.#plan.previous.get(source.hour)?.files);
      }
      this.#ledger.record(read);
    }
    return { sources: this.#ledger.sources };
  }

  async #collect(
    { sources, written }: Outcome,
    targets: readonly string[],
  ): Promise<Pick<EngineResult, 'quarantine' | 'targets'>> {
    const { folder, signal, progress } = this.#context;
    const quarantine = new Map<string, string>();
    for (const source of sources) {
      const path = await quarantineOf(source, folder);
      if (path !== undefined) quarantine.set(source.hour, path);
      const lines = sum(source.items.flatMap(({ found }) => found.lines));
      progress.addRows(lines, sum(source.files.map(({ bytes }) => bytes)));
    }
    const { loaded } = this.#plan;
    const places = new Semaphore(HOURS_AT_ONCE);
    const built = await settled(
      targets.map((hour) =>
        places.run(async (): Promise<[string, TargetHour]> => {
          signal.throwIfAborted();
          const parts = written.filter((part) => part.hour === hour);
          const misplaced = this.#ledger.recordsOf(hour);
          const joined = await joinHour(hour, parts, { folder, loaded, signal, misplaced });
          progress.hourDone();
          return [hour, joined];
        }),
      ),
    );
    for (const { unreadable } of this.#odd.values()) await unreadable.remove();
    return { quarantine, targets: new Map(built) };
  }

  async #isKnownToBeOdd(file: ListedFile): Promise<boolean> {
    if (file.unread !== undefined || this.#plan.loaded.pipeline.files.framing === 'json') return true;
    // Tasks would read all of it.
    return isNamedForeign(file.file) && (await foreignReason(file)) !== undefined;
  }

  async #unpackOdd(files: readonly ListedFile[]): Promise<void> {
    const { signal } = this.#context;
    for (const file of files) {
      const name = `odd-${this.#odd.size}`;
      this.#odd.set(
        file.file,
        await readOddFile(file, this.#plan.loaded.pipeline, { folder: this.#folder, name, signal }),
      );
    }
  }

  /** The first lines of the day, which show how its producer writes them. */
  async #sample(): Promise<Buffer> {
    const file = [...this.#plan.sources.values()]
      .flat()
      .findLast(({ bytes, unread }) => bytes > 0 && unread === undefined);
    if (file === undefined) return Buffer.alloc(0);
    const { events, files } = this.#plan.loaded.pipeline;
    try {
      const options = { maximumBytes: events.maximumBytes, framing: files.framing };
      for await (const { text } of readChunks([file], options)) return Buffer.from(text.subarray(0, SAMPLE_BYTES));
    } catch (thrown) {
      if (!(thrown instanceof NotWhole)) throw thrown;
    }
    return Buffer.alloc(0);
  }

  /** Writes the static tables for all tasks. Resolves to the statement that makes each, with the name of its file. */
  async #exportTables(): Promise<readonly TaskTable[]> {
    const { pipeline, tables: versions } = this.#plan.loaded;
    const names = Object.keys(pipeline.tables);
    if (names.length === 0) return [];
    const database = await openDatabase(pipeline, versions, {
      memoryLimit: this.#context.memoryLimit,
      spillFolder: join(this.#context.folder, '.spill'),
      outputFolder: this.#folder,
    });
    try {
      const tables: TaskTable[] = [];
      for (const [index, name] of names.entries()) {
        const file = `table-${index}.parquet`;
        await database.connection.run(exportSql(name, join(this.#folder, file)));
        tables.push({ file, sql: tableSql(name) });
      }
      return tables;
    } finally {
      database.close();
    }
  }
}

/** Bytes of the lines of files, about. */
function sizeOf(files: readonly TaskFile[]): number {
  return sum(files.map(contentBytes));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

const SAMPLE_BYTES = 64 * 1024;

interface TaskTable {
  readonly file: string;
  readonly sql: string;
}

interface PlanParts {
  readonly sample: Buffer;
  readonly tables: readonly TaskTable[];
}
