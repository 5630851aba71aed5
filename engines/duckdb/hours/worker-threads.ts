import { join } from 'node:path';
import type { BuildContext, BuildPlan } from '../../model/build-plan';
import { openDatabase, type Database } from '../database';
import { HourStage } from './hour-stage';

/** A DuckDB of one thread, which works on one hour at a time. */
export interface Lane {
  readonly database: Database;
  readonly stage: HourStage;
}

/** The lanes of a build, which share its memory and end together. */
export class Lanes {
  readonly #lanes: Lane[] = [];
  readonly #cancelled: AbortSignal;
  readonly #stop = new AbortController();
  readonly #interrupt = (): void => {
    for (const { database } of this.#lanes) database.connection.interrupt();
  };
  /** Aborted when the build is cancelled or a lane has failed. */
  readonly signal: AbortSignal;

  private constructor(cancelled: AbortSignal) {
    this.#cancelled = cancelled;
    this.signal = AbortSignal.any([cancelled, this.#stop.signal]);
    this.signal.addEventListener('abort', this.#interrupt);
  }

  /** Runs `work` with `count` lanes and closes them. */
  static async use(
    { loaded, date }: BuildPlan,
    { folder, memoryLimit, signal }: BuildContext,
    count: number,
    work: (lanes: Lanes) => Promise<void>,
  ): Promise<void> {
    const lanes = new Lanes(signal);
    try {
      for (let lane = 0; lane < count; lane += 1) {
        const database = await openDatabase(loaded.pipeline, loaded.folder, {
          memoryLimit: memoryLimit / count,
          spillFolder: join(folder, `.spill-${lane}`),
          outputFolder: folder,
        });
        const stage = new HourStage(database.connection, loaded.pipeline, date, join(folder, `.bad-${lane}`));
        lanes.#lanes.push({ database, stage });
      }
      await work(lanes);
    } finally {
      await lanes.#close();
    }
  }

  /** Gives each lane one chunk of work after another. The first failure interrupts the others, and is thrown. */
  async each<Work>(next: () => Work | undefined, work: (lane: Lane, next: Work) => Promise<void>): Promise<void> {
    const failures: unknown[] = [];
    await Promise.all(
      this.#lanes.map(async (lane) => {
        try {
          for (let one = next(); one !== undefined && !this.signal.aborted; one = next()) await work(lane, one);
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
    for (const { database, stage } of this.#lanes) {
      await stage.clear();
      database.close();
    }
  }
}
