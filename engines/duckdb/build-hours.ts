import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InputFile } from '../../domain/day-manifest';
import type { BuildContext, DayPlan, EngineResult, SourceHour, TargetHour } from '../day-plan';
import { hashFile } from '../hash-file';
import { unreadable } from '../input-files';
import { readPieces } from '../input-pieces';
import { SharedKernel } from '../line-kernel/shared-kernel';
import type { QuarantinedRecord } from '../quarantine';
import { openDatabase, STAGED, type Database } from './database';
import { writeHour, type WriteRows } from './hour-output';
import { HourStage, type HourInput } from './hour-stage';
import { NOTE } from './record-rule';
import { literal, quoted } from './sql';

interface Lane {
  readonly database: Database;
  readonly stage: HourStage;
}

interface ReadFiles {
  readonly files: readonly InputFile[];
  /** Names of compressed files that end too early. */
  readonly truncated: readonly string[];
}

/**
 * Builds hours with embedded DuckDBs of one thread each: an hour is one lane's work from its lines to its file, so that
 * no race decides the order of rows, and memory holds as many hours as there are lanes.
 */
export async function buildHours(plan: DayPlan, context: BuildContext, writeRows: WriteRows): Promise<EngineResult> {
  const build = new HoursBuild(plan, context, writeRows);
  return build.run();
}

class HoursBuild {
  readonly #plan: DayPlan;
  readonly #context: BuildContext;
  readonly #writeRows: WriteRows;
  readonly #strayFolder: string;
  readonly #kernels: SharedKernel;
  readonly #sources = new Map<string, SourceHour>();
  readonly #quarantine = new Map<string, readonly QuarantinedRecord[]>();
  readonly #written = new Map<string, TargetHour>();
  /** Hours to write. Grows when a changed file turns out to hold records of another hour. */
  readonly #targets: Set<string>;
  /** Source hours that were or are being read. */
  readonly #begun = new Set<string>();

  constructor(plan: DayPlan, context: BuildContext, writeRows: WriteRows) {
    this.#plan = plan;
    this.#context = context;
    this.#writeRows = writeRows;
    this.#kernels = new SharedKernel(plan.loaded.pipeline);
    this.#strayFolder = join(context.folder, '.strays');
    const full = plan.previous.size === 0;
    const before = [...plan.changed].flatMap((hour) => Object.keys(plan.previous.get(hour)?.strays ?? {}));
    this.#targets = new Set(
      full ? plan.hours : plan.hours.filter((hour) => plan.changed.has(hour) || before.includes(hour)),
    );
  }

  async run(): Promise<EngineResult> {
    await mkdir(this.#strayFolder);
    this.#context.progress.hoursTotal(this.#targets.size);
    const lanes: Lane[] = [];
    const stop = new AbortController();
    const interrupt = (): void => {
      for (const { database } of lanes) database.connection.interrupt();
    };
    const signal = AbortSignal.any([this.#context.signal, stop.signal]);
    signal.addEventListener('abort', interrupt);
    try {
      // One more than processors: while one lane reads, which is JavaScript's one thread, the others keep DuckDB busy.
      const count = Math.min(this.#context.threads + 1, Math.max(1, this.#targets.size));
      for (let lane = 0; lane < count; lane += 1) lanes.push(await this.#openLane(count, lane));
      await this.#inLanes(
        lanes,
        stop,
        signal,
        () => this.#nextSource(),
        (lane, hour) => this.#readSource(lane, hour, signal),
      );
      const pending = this.#pendingTargets();
      const rebuilt = pending.filter((hour) => !this.#isEmpty(hour));
      await this.#inLanes(
        lanes,
        stop,
        signal,
        () => rebuilt.shift(),
        (lane, hour) => this.#rebuild(lane, hour, signal),
      );
      for (const hour of pending) if (this.#isEmpty(hour)) await this.#writeEmpty(hour);
    } finally {
      signal.removeEventListener('abort', interrupt);
      for (const { database, stage } of lanes) {
        await stage.clear();
        database.close();
      }
    }
    return { sources: this.#sources, quarantine: this.#quarantine, targets: this.#written };
  }

  async #openLane(lanes: number, lane: number): Promise<Lane> {
    const { loaded, date } = this.#plan;
    const database = await openDatabase(loaded.pipeline, loaded.folder, {
      memoryLimit: this.#context.memoryLimit / lanes,
      spillFolder: join(this.#context.folder, `.spill-${lane}`),
      outputFolder: this.#context.folder,
    });
    return { database, stage: new HourStage(database.connection, loaded.pipeline, date) };
  }

  /** Gives each lane one hour after another. The first failure interrupts the others, and is thrown. */
  async #inLanes(
    lanes: readonly Lane[],
    stop: AbortController,
    signal: AbortSignal,
    next: () => string | undefined,
    work: (lane: Lane, hour: string) => Promise<void>,
  ): Promise<void> {
    const failures: unknown[] = [];
    await Promise.all(
      lanes.map(async (lane) => {
        try {
          for (let hour = next(); hour !== undefined && !signal.aborted; hour = next()) await work(lane, hour);
        } catch (thrown) {
          failures.push(thrown);
          stop.abort();
        }
      }),
    );
    this.#context.signal.throwIfAborted();
    if (failures.length > 0) throw failures[0];
  }

  /** A changed hour, or an unchanged one that holds records of an hour to be written. */
  #nextSource(): string | undefined {
    const { sources, changed, previous } = this.#plan;
    const next = [...sources.keys()].find(
      (hour) =>
        !this.#begun.has(hour) &&
        (changed.has(hour) ||
          Object.keys(previous.get(hour)?.strays ?? {}).some((target) => this.#targets.has(target))),
    );
    if (next !== undefined) this.#begun.add(next);
    return next;
  }

  async #readSource(lane: Lane, hour: string, signal: AbortSignal): Promise<void> {
    const proven = await this.#kernels.use(this.#unpackedBytes(hour), (kernel) =>
      this.#stageFiles(lane, hour, signal, { kernel, path: join(this.#context.folder, `.proven-${hour}.parquet`) }),
    );
    const { files, truncated } = proven ?? (await this.#stageAll(lane, hour, signal));
    if (!this.#plan.changed.has(hour)) requireSame(files, this.#plan.previous.get(hour));
    const counts = await lane.stage.counts();
    const cutShort = truncated.map((file) => ({
      file,
      line: lane.stage.linesOf(file) + 1,
      reason: 'the compressed data ends before its end',
      text: '',
    }));
    const faults = counts.quarantined > 0 ? await lane.stage.quarantined() : [];
    const quarantine = [...faults, ...cutShort];
    const { strays } = counts;
    const read = counts.read + cutShort.length;
    this.#sources.set(hour, {
      hour,
      files,
      read,
      outsideDay: counts.outsideDay,
      quarantined: quarantine.length,
      strays,
    });
    this.#quarantine.set(hour, quarantine);
    if (Object.keys(strays).length > 0) {
      await this.#setStraysAside(lane, hour, Object.keys(strays));
      for (const target of Object.keys(strays)) this.#targets.add(target);
      this.#context.progress.hoursTotal(this.#targets.size);
    }
    if (this.#targets.has(hour) && this.#straysInto(hour).length === 0) await this.#write(lane, hour);
    await lane.stage.clear();
  }

  async #stageAll(lane: Lane, hour: string, signal: AbortSignal): Promise<ReadFiles> {
    const read = await this.#stageFiles(lane, hour, signal, undefined);
    if (read === undefined) throw new Error(`the lines of the hour ${hour} could not be staged`);
    return read;
  }

  /** Undefined where the hour must be staged anew, without a proof. */
  async #stageFiles(
    lane: Lane,
    hour: string,
    signal: AbortSignal,
    proof: HourInput['proof'],
  ): Promise<ReadFiles | undefined> {
    const files: InputFile[] = [];
    const truncated: string[] = [];
    const listed = this.#plan.sources.get(hour) ?? [];
    const { progress } = this.#context;
    let [rows, bytes] = [0, 0];
    await lane.stage.begin({ hour, bytes: this.#unpackedBytes(hour), proof });
    const pieces = readPieces(listed, {
      onFile({ file }, read) {
        files.push({ file, hour, bytes: read.bytes, sha256: read.sha256 });
        if (read.truncated) truncated.push(file);
      },
    });
    let whole = true;
    for await (const piece of pieces) {
      signal.throwIfAborted();
      const lines = await lane.stage.add(piece);
      if (lines === undefined) {
        whole = false;
        break;
      }
      [rows, bytes] = [rows + lines, bytes + piece.text.length + 1];
      progress.addRows(lines, piece.text.length + 1);
    }
    if (await lane.stage.end(whole)) return { files, truncated };
    progress.addRows(-rows, -bytes);
    await lane.stage.clear();
    return undefined;
  }

  async #setStraysAside({ database }: Lane, hour: string, targets: readonly string[]): Promise<void> {
    await database.connection.run(
      `COPY (SELECT ${this.#columns()}, ${NOTE} FROM ${STAGED} WHERE ${NOTE} IN (${targets.map(literal).join(', ')}) ORDER BY rowid)
       TO ${literal(this.#strayFile(hour))} (FORMAT parquet)`,
    );
  }

  /** Source hours, in order, that hold records of `target` and have been read. */
  #straysInto(target: string): SourceHour[] {
    const sources = [...this.#sources.values()].filter(({ strays }) => (strays[target] ?? 0) > 0);
    return sources.sort((a, b) => (a.hour < b.hour ? -1 : 1));
  }

  #pendingTargets(): string[] {
    return [...this.#targets].filter((hour) => !this.#written.has(hour) || this.#straysInto(hour).length > 0).sort();
  }

  #isEmpty(hour: string): boolean {
    return !this.#plan.sources.has(hour) && this.#straysInto(hour).length === 0;
  }

  async #writeEmpty(hour: string): Promise<void> {
    const file = `${hour}.ndjson`;
    const path = join(this.#context.folder, file);
    await writeFile(path, '');
    const nothing = { misfiled: 0, kept: 0, duplicates: 0, written: 0, unmatched: 0 };
    this.#written.set(hour, { hour, file, ...nothing, ...(await hashFile(path)) });
    this.#context.progress.hourDone();
  }

  /** Writes an hour whose records are in the files of several hours. */
  async #rebuild(lane: Lane, hour: string, signal: AbortSignal): Promise<void> {
    const { files } = await this.#stageAll(lane, hour, signal);
    requireSame(files, this.#sources.get(hour) ?? this.#plan.previous.get(hour));
    for (const source of this.#straysInto(hour)) {
      await lane.database.connection.run(
        `INSERT INTO ${STAGED} BY NAME SELECT ${this.#columns()}
         FROM read_parquet(${literal(this.#strayFile(source.hour))}) WHERE ${NOTE} = ${literal(hour)}`,
      );
    }
    await this.#write(lane, hour);
  }

  async #write({ database, stage }: Lane, hour: string): Promise<void> {
    const { loaded, hours } = this.#plan;
    if (!hours.includes(hour)) return;
    const file = `${hour}.ndjson`;
    const path = join(this.#context.folder, file);
    const misfiled = this.#straysInto(hour).reduce((total, { strays }) => total + (strays[hour] ?? 0), 0);
    const written = await writeHour(database.connection, loaded.pipeline, stage.proven, {
      path,
      writeRows: this.#writeRows,
    });
    if (!this.#written.has(hour)) this.#context.progress.hourDone();
    this.#written.set(hour, { hour, file, misfiled, ...written, ...(await hashFile(path)) });
  }

  /** About; never less. What a compressed file holds is not known before it is read. */
  #unpackedBytes(hour: string): number {
    return (this.#plan.sources.get(hour) ?? []).reduce(
      (total, { file, bytes }) => total + (file.endsWith('.gz') ? bytes * 20 + PACKED_BYTES : bytes),
      0,
    );
  }

  #columns(): string {
    return Object.keys(this.#plan.loaded.pipeline.events.columns).map(quoted).join(', ');
  }

  #strayFile(hour: string): string {
    return join(this.#strayFolder, `${hour}.parquet`);
  }
}

const PACKED_BYTES = 1024 * 1024;

/** Throws UNREADABLE_INPUT, which a retry may heal, where a file is not what it was when it was read before. */
function requireSame(files: readonly InputFile[], before: SourceHour | undefined): void {
  const changed = files.find(({ sha256 }, index) => sha256 !== before?.files[index]?.sha256);
  if (changed !== undefined) throw unreadable(changed.file, new Error('it was written to while the day was built'));
}
