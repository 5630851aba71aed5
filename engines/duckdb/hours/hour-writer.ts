import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from '../../input/hash-file';
import type { BuildContext, BuildPlan, TargetHour } from '../../model/build-plan';
import { NO_ROWS, writeHour, type RowEngine, type WrittenHour } from './hour-output';
import type { RepeatedIdentities } from './repeated-identities';
import type { Worker } from './worker-pool';

export class HourWriter {
  readonly #plan: BuildPlan;
  readonly #context: BuildContext;
  readonly #rows: RowEngine;
  readonly #written = new Map<string, TargetHour>();

  constructor(plan: BuildPlan, context: BuildContext, rows: RowEngine) {
    this.#plan = plan;
    this.#context = context;
    this.#rows = rows;
  }

  get written(): ReadonlyMap<string, TargetHour> {
    return this.#written;
  }

  /**
   * Writes the hour's staged records and resolves to the number of kept ones. `misplaced` is how many come from files
   * of other hours.
   */
  async write(
    { database, stage: { proven } }: Worker,
    hour: string,
    { misplaced, repeated }: { readonly misplaced: number; readonly repeated?: RepeatedIdentities | undefined },
  ): Promise<number> {
    const parts = { rows: this.#rows, proven, repeated };
    const written = await writeHour(database.connection, this.#plan.loaded.pipeline, this.#path(hour), parts);
    await this.#note(hour, misplaced, written);
    return written.kept;
  }

  /** Writes the file of an hour without records. */
  async writeEmpty(hour: string): Promise<void> {
    await writeFile(this.#path(hour), '');
    await this.#note(hour, 0, { kept: 0, duplicates: 0, ...NO_ROWS });
  }

  async #note(hour: string, misplaced: number, written: WrittenHour): Promise<void> {
    const hashed = await hashFile(this.#path(hour));
    if (!this.#written.has(hour)) this.#context.progress.hourDone();
    this.#written.set(hour, { hour, file: fileOf(hour), misfiled: misplaced, ...written, ...hashed });
  }

  #path(hour: string): string {
    return join(this.#context.folder, fileOf(hour));
  }
}

function fileOf(hour: string): string {
  return `${hour}.ndjson`;
}
