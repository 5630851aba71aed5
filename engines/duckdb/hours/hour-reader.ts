import { join } from 'node:path';
import type { InputFile } from '../../../domain/day-manifest';
import { isNeighbour } from '../../../domain/file-hours';
import { unreadable } from '../../input/listed-file';
import type { BuildContext, BuildPlan } from '../../model/build-plan';
import type { HourScanner } from '../../model/fast-path';
import { writeQuarantine, type QuarantinedRecord } from '../../versions/quarantine';
import { fastPath } from '../fast-path';
import { valueFailureIn } from '../value-failure';
import { checkUnwritten, type RowEngine } from './hour-output';
import type { FileContent } from '../stage/hour-stage';
import { stageAll, stageSource, type ReadFiles, type SourceFiles } from '../stage/stage-files';
import type { Worker } from './worker-pool';

/** Stages the files of source hours, and separates their bad records. */
export class HourReader {
  readonly #plan: BuildPlan;
  readonly #context: BuildContext;
  readonly #rows: RowEngine;
  readonly #scanner: HourScanner | undefined;
  readonly #quarantine = new Map<string, string>();

  constructor(plan: BuildPlan, context: BuildContext, rows: RowEngine) {
    this.#plan = plan;
    this.#context = context;
    this.#rows = rows;
    this.#scanner = fastPath?.hourScanner(plan.loaded.pipeline);
  }

  /** See EngineResult. */
  get quarantine(): ReadonlyMap<string, string> {
    return this.#quarantine;
  }

  /** Stages the files of an hour. Throws UNREADABLE_INPUT if files that should be unchanged have changed. */
  async read({ stage }: Worker, hour: string, signal: AbortSignal): Promise<ReadFiles> {
    const { progress, folder } = this.#context;
    const path = join(folder, `.proven-${hour}.parquet`);
    const read = await stageSource(stage, this.#source(hour), { scanner: this.#scanner, path, signal, progress });
    if (!this.#plan.changed.has(hour)) requireSame(hour, read.files, this.#plan.previous.get(hour)?.files);
    return read;
  }

  /**
   * Stages every line of an hour, whose files were `before`. Lines on which the transform fails are recorded as bad.
   */
  async readGood(
    worker: Worker,
    hour: string,
    { before, signal }: { readonly before: readonly InputFile[] | undefined; readonly signal: AbortSignal },
  ): Promise<ReadFiles> {
    const { progress } = this.#context;
    const read = await stageAll(worker.stage, this.#source(hour), { signal, progress });
    requireSame(hour, read.files, before);
    if ((await valueFailureIn(() => this.check(worker, { own: true }))) !== undefined) {
      const again = await worker.stage.rejectFailing(this.#rows.check, this.#plan.sources.get(hour) ?? []);
      requireSame(hour, again, before);
    }
    return read;
  }

  /**
   * Fails if the transform fails on a staged record of another hour than its file's, with `own` also on one of this
   * hour.
   */
  check({ database, stage: { proven } }: Worker, { own }: { readonly own: boolean }): Promise<void> {
    return checkUnwritten(database.connection, this.#plan.loaded.pipeline, { rows: this.#rows, proven, own });
  }

  /** Writes the bad staged records and the `faults` of the files for the quarantine. Resolves to their number. */
  async quarantineBad({ stage }: Worker, hour: string, faults: readonly QuarantinedRecord[]): Promise<number> {
    const path = join(this.#context.folder, `.quarantine-${hour}.ndjson`);
    this.#quarantine.set(hour, path);
    return writeQuarantine(path, allOf(stage.quarantined(), faults));
  }

  #source(hour: string): SourceFiles {
    return { date: this.#plan.date, hour, files: this.#plan.sources.get(hour) ?? [] };
  }
}

/**
 * Throws UNREADABLE_INPUT if a file differs from when it was read before; a retry may then succeed. Files of
 * neighbouring hours may still grow: what they gain after this build is late data.
 */
function requireSame(hour: string, files: readonly FileContent[], before: readonly FileContent[] | undefined): void {
  if (isNeighbour(hour)) return;
  const changed = files.find(({ sha256 }, index) => sha256 !== before?.[index]?.sha256);
  if (changed !== undefined) throw unreadable(changed.file, new Error('it was written to while the day was built'));
}

async function* allOf(
  records: AsyncIterable<QuarantinedRecord>,
  faults: readonly QuarantinedRecord[],
): AsyncGenerator<QuarantinedRecord> {
  yield* records;
  yield* faults;
}
