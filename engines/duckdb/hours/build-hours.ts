import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InputFile } from '../../../domain/day-manifest';
import { isNeighbour } from '../../../domain/file-hours';
import { isWholeRecord, spansHours } from '../../../domain/pipeline';
import type { BuildContext, BuildPlan, EngineResult, SourceHour, TargetHour } from '../../model/build-plan';
import { hashFile } from '../../input/hash-file';
import { unreadable } from '../../input/input-files';
import { SharedKernel } from '../../fast-path/shared-kernel';
import { writeQuarantine, type QuarantinedRecord } from '../../versions/quarantine';
import { checkUnwritten, NO_ROWS, writeHour, type RowEngine } from './hour-output';
import { Lanes, type Lane } from './worker-threads';
import { HourIdentities, type RepeatedIdentities } from './repeated-identities';
import { stageAll, stageProven, type ReadFiles, type SourceFiles } from './stage-files';
import { StrayRecords } from './misplaced-records';
import { valueFailureIn } from '../value-failure';

/**
 * Builds hours with embedded DuckDBs of one thread each: an hour is one lane's work from its lines to its file, so that
 * no race decides the order of rows, and memory holds as many hours as there are lanes.
 */
export async function buildHours(plan: BuildPlan, context: BuildContext, rows: RowEngine): Promise<EngineResult> {
  const build = new HoursBuild(plan, context, rows);
  return build.run();
}

class HoursBuild {
  readonly #plan: BuildPlan;
  readonly #context: BuildContext;
  readonly #rows: RowEngine;
  /** Only of a pipeline whose likes can be of different hours. */
  readonly #identities: HourIdentities | undefined;
  readonly #strayRecords: StrayRecords;
  readonly #kernels: SharedKernel;
  readonly #sources = new Map<string, SourceHour>();
  readonly #quarantine = new Map<string, string>();
  readonly #written = new Map<string, TargetHour>();
  /** Hours to write. Grows when a changed file turns out to hold records of another hour. */
  readonly #targets: Set<string>;
  /** Source hours that were or are being read. */
  readonly #begun = new Set<string>();

  constructor(plan: BuildPlan, context: BuildContext, rows: RowEngine) {
    this.#plan = plan;
    this.#context = context;
    this.#rows = rows;
    this.#kernels = new SharedKernel(plan.loaded.pipeline);
    const { pipeline } = plan.loaded;
    this.#strayRecords = new StrayRecords(join(context.folder, STRAYS), pipeline);
    this.#identities = spansHours(pipeline)
      ? new HourIdentities(join(context.folder, IDENTITIES), pipeline)
      : undefined;
    const full = plan.previous.size === 0;
    const before = [...plan.changed].flatMap((hour) => Object.keys(plan.previous.get(hour)?.strays ?? {}));
    this.#targets = new Set(
      full ? plan.hours : plan.hours.filter((hour) => plan.changed.has(hour) || before.includes(hour)),
    );
  }

  async run(): Promise<EngineResult> {
    for (const folder of [STRAYS, IDENTITIES]) await mkdir(join(this.#context.folder, folder));
    this.#context.progress.hoursTotal(this.#targets.size);
    const count = lanesFor(this.#context, this.#plan.loaded.pipeline.events.maximumBytes, this.#targets.size);
    await Lanes.use(this.#plan, this.#context, count, async (lanes) => {
      const { signal } = lanes;
      await lanes.each(
        () => this.#nextSource(),
        (lane, hour) => this.#readSource(lane, hour, signal),
      );
      const pending = this.#pendingTargets();
      const rebuilt = pending.filter((hour) => !this.#isEmpty(hour));
      await lanes.each(
        () => rebuilt.shift(),
        (lane, hour) => this.#rebuild(lane, hour, signal),
      );
      for (const hour of pending) if (this.#isEmpty(hour)) await this.#writeEmpty(hour);
      if (this.#identities !== undefined) await this.#dropRepeated(lanes, this.#identities);
    });
    return { sources: this.#sources, quarantine: this.#quarantine, targets: this.#written };
  }

  /** The source of an hour to be written, or an unchanged one that holds records of such an hour. */
  #nextSource(): string | undefined {
    const { sources, changed, previous } = this.#plan;
    const next = [...sources.keys()].find(
      (hour) =>
        !this.#begun.has(hour) &&
        (changed.has(hour) ||
          this.#targets.has(hour) ||
          Object.keys(previous.get(hour)?.strays ?? {}).some((target) => this.#targets.has(target))),
    );
    if (next !== undefined) this.#begun.add(next);
    return next;
  }

  async #readSource(lane: Lane, hour: string, signal: AbortSignal): Promise<void> {
    const path = join(this.#context.folder, `.proven-${hour}.parquet`);
    const { progress } = this.#context;
    const read = await stageProven(lane.stage, this.#source(hour), { kernels: this.#kernels, path, signal, progress });
    if (!this.#plan.changed.has(hour)) this.#requireSame(hour, read.files, this.#plan.previous.get(hour)?.files);
    if ((await valueFailureIn(() => this.#judge(lane, hour, read))) !== undefined) {
      await lane.stage.clear();
      await this.#judge(lane, hour, await this.#stageGood(lane, hour, signal, read.files));
    }
    await lane.stage.clear();
  }

  /** Stages every line of an hour and notes those on which the transform fails as bad. */
  async #stageGood(
    lane: Lane,
    hour: string,
    signal: AbortSignal,
    before: readonly InputFile[] | undefined,
  ): Promise<ReadFiles> {
    const { progress } = this.#context;
    const read = await stageAll(lane.stage, this.#source(hour), { signal, progress });
    this.#requireSame(hour, read.files, before);
    if ((await valueFailureIn(() => this.#check(lane, true))) !== undefined) {
      await lane.stage.rejectFailing(this.#rows.check, this.#plan.sources.get(hour) ?? []);
    }
    return read;
  }

  /** Fails where the transform fails on a record of another hour than its file's, with `own` on one of this hour too. */
  #check({ database, stage: { proven } }: Lane, own: boolean): Promise<void> {
    return checkUnwritten(database.connection, this.#plan.loaded.pipeline, { rows: this.#rows, proven, own });
  }

  /** Takes down what the stage holds of a source hour, and writes the hour unless it has to wait for others. */
  async #judge(lane: Lane, hour: string, { files, faults, neighbour }: ReadFiles): Promise<void> {
    const { database, stage } = lane;
    const counts = await stage.counts();
    const strays = Object.keys(counts.strays);
    const isWritten = this.#targets.has(hour) && this.#straysInto(hour).length === 0;
    // Bad records are told before likes are: a record must not be lost because a bad one is like it.
    const own = !isWritten || !isWholeRecord(this.#plan.loaded.pipeline);
    if (own || strays.length > 0) await this.#check(lane, own);
    let quarantined = 0;
    if (counts.quarantined + faults.length > 0) {
      const path = join(this.#context.folder, `.quarantine-${hour}.ndjson`);
      quarantined = await writeQuarantine(path, allOf(stage.quarantined(), faults));
      this.#quarantine.set(hour, path);
    }
    this.#sources.set(hour, {
      hour,
      files,
      read: counts.read + faults.length,
      outsideDay: counts.outsideDay,
      quarantined,
      strays: counts.strays,
      truncatedFiles: [...new Set(faults.map(({ file }) => file))],
      ...(neighbour !== undefined && { neighbour }),
    });
    if (strays.length > 0) {
      await this.#strayRecords.keep(database.connection, hour, { targets: strays, isPadded: stage.isPadded });
      for (const target of strays) this.#targets.add(target);
      this.#context.progress.hoursTotal(this.#targets.size);
    }
    if (isWritten) await this.#write(lane, hour);
  }

  #source(hour: string): SourceFiles {
    return { date: this.#plan.date, hour, files: this.#plan.sources.get(hour) ?? [] };
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
    this.#written.set(hour, { hour, file, misfiled: 0, kept: 0, duplicates: 0, ...NO_ROWS, ...(await hashFile(path)) });
    this.#context.progress.hourDone();
  }

  /** Writes an hour whose records are in the files of several hours, or have likes in them. */
  async #rebuild(lane: Lane, hour: string, signal: AbortSignal, repeated?: RepeatedIdentities): Promise<void> {
    await this.#stageGood(lane, hour, signal, (this.#sources.get(hour) ?? this.#plan.previous.get(hour))?.files);
    for (const source of this.#straysInto(hour)) {
      await this.#strayRecords.stage(lane.database.connection, source.hour, hour);
    }
    await this.#write(lane, hour, repeated);
  }

  /** Writes the hours again that have identities of earlier ones, without these. */
  async #dropRepeated(lanes: Lanes, identities: HourIdentities): Promise<void> {
    const once = [identities];
    let repeated: RepeatedIdentities[] = [];
    await lanes.each(
      () => once.pop(),
      async ({ database }) => {
        repeated = await identities.repeated(database.connection, this.#plan.hours);
      },
    );
    await lanes.each(
      () => repeated.shift(),
      (lane, one) => this.#rebuild(lane, one.hour, lanes.signal, one),
    );
  }

  async #write({ database, stage }: Lane, hour: string, repeated?: RepeatedIdentities): Promise<void> {
    const { loaded, hours } = this.#plan;
    if (!hours.includes(hour)) return;
    const file = `${hour}.ndjson`;
    const path = join(this.#context.folder, file);
    const misfiled = this.#straysInto(hour).reduce((total, { strays }) => total + (strays[hour] ?? 0), 0);
    const { proven } = stage;
    const rows = { rows: this.#rows, proven, repeated };
    const written = await writeHour(database.connection, loaded.pipeline, path, rows);
    if (written.kept > 0 && repeated === undefined) await this.#identities?.keep(database.connection, hour);
    if (!this.#written.has(hour)) this.#context.progress.hourDone();
    this.#written.set(hour, { hour, file, misfiled, ...written, ...(await hashFile(path)) });
  }

  /**
   * Throws UNREADABLE_INPUT, which a retry may heal, where a file is not what it was when it was read before. Those of
   * neighbouring hours may still grow: what they gain after this build is late data.
   */
  #requireSame(hour: string, files: readonly InputFile[], before: readonly InputFile[] | undefined): void {
    if (isNeighbour(hour)) return;
    const changed = files.find(({ sha256 }, index) => sha256 !== before?.[index]?.sha256);
    if (changed !== undefined) throw unreadable(changed.file, new Error('it was written to while the day was built'));
  }
}

/** What DuckDB takes to parse one record, by its bytes; seen with one that is an array of numbers of one digit. */
const MEMORY_OF_RECORD = 128;

/** How many hours are built at once: no more than there is memory for, since each must have room for the largest record. */
function lanesFor({ threads, memoryLimit }: BuildContext, maximumBytes: number, hours: number): number {
  const fitting = Math.floor(memoryLimit / (MEMORY_OF_RECORD * Math.max(maximumBytes, MEBIBYTE)));
  // One more than processors: while one lane reads, which is JavaScript's one thread, the others keep DuckDB busy.
  return Math.max(1, Math.min(threads + 1, hours, fitting));
}

const MEBIBYTE = 1024 ** 2;
const STRAYS = '.strays';
const IDENTITIES = '.identities';

async function* allOf(
  records: AsyncIterable<QuarantinedRecord>,
  faults: readonly QuarantinedRecord[],
): AsyncGenerator<QuarantinedRecord> {
  yield* records;
  yield* faults;
}
