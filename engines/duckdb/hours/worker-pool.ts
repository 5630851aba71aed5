import { join } from 'node:path';
import type { BuildContext, BuildPlan } from '../../model/build-plan';
import { openDatabase, type Database } from '../database';
import { HourStage } from '../stage/hour-stage';

/** A DuckDB with one thread, which works on one hour at a time. */
export interface Worker {
  readonly database: Database;
  readonly stage: HourStage;
}

/** The workers of a build. They share its memory and end together. */
export class WorkerPool {
  readonly #workers: Worker[] = [];
  readonly #cancelled: AbortSignal;
  readonly #stop = new AbortController();
  readonly #interrupt = (): void => {
    for (const { database } of this.#workers) database.connection.interrupt();
  };
  /** Aborted when the build is cancelled or a worker has failed. */
  readonly signal: AbortSignal;

  private constructor(cancelled: AbortSignal) {
    this.#cancelled = cancelled;
    this.signal = AbortSignal.any([cancelled, this.#stop.signal]);
    this.signal.addEventListener('abort', this.#interrupt);
  }

  /** Runs `work` with `count` workers and closes them. */
  static async use(
    { loaded, date }: BuildPlan,
    { folder, memoryLimit, signal }: BuildContext,
    count: number,
    work: (pool: WorkerPool) => Promise<void>,
  ): Promise<void> {
    const pool = new WorkerPool(signal);
    try {
      for (let number = 0; number < count; number += 1) {
        const database = await openDatabase(loaded.pipeline, loaded.folder, {
          memoryLimit: memoryLimit / count,
          spillFolder: join(folder, `.spill-${number}`),
          outputFolder: folder,
        });
        const stage = new HourStage(database.connection, loaded.pipeline, date, join(folder, `.bad-${number}`));
        pool.#workers.push({ database, stage });
      }
      await work(pool);
    } finally {
      await pool.#close();
    }
  }

  /**
   * Gives each worker one piece of work after another. The first failure interrupts the other workers and is thrown.
   */
  async each<Work>(next: () => Work | undefined, work: (worker: Worker, next: Work) => Promise<void>): Promise<void> {
    const failures: unknown[] = [];
    await Promise.all(
      this.#workers.map(async (worker) => {
        try {
          for (let one = next(); one !== undefined && !this.signal.aborted; one = next()) await work(worker, one);
        } catch (thrown) {
          failures.push(thrown);
          this.#stop.abort();
        }
      }),
    );
    this.#cancelled.throwIfAborted();
    if (failures.length > 0) throw failures[0];
  }

  async #close(): Promise<void> {
    this.signal.removeEventListener('abort', this.#interrupt);
    for (const { database, stage } of this.#workers) {
      await stage.clear();
      database.close();
    }
  }
}
