import type { HourWorker } from './hour-worker';

/** The workers of a build. They end together. */
export class WorkerPool {
  readonly #workers: HourWorker[] = [];
  readonly #cancelled: AbortSignal;
  #stopped = false;
  readonly #stop = (): void => {
    this.#stopped = true;
    for (const worker of this.#workers) worker.interrupt();
  };

  private constructor(cancelled: AbortSignal) {
    this.#cancelled = cancelled;
    cancelled.addEventListener('abort', this.#stop);
  }

  /** Runs `work` with `count` workers and closes them. `cancelled` interrupts them. */
  static async use(
    count: number,
    start: (number: number) => Promise<HourWorker>,
    cancelled: AbortSignal,
    work: (pool: WorkerPool) => Promise<void>,
  ): Promise<void> {
    const pool = new WorkerPool(cancelled);
    try {
      const started = await Promise.allSettled(Array.from({ length: count }, (_, number) => start(number)));
      for (const one of started) if (one.status === 'fulfilled') pool.#workers.push(one.value);
      for (const one of started) if (one.status === 'rejected') throw one.reason;
      await work(pool);
    } finally {
      cancelled.removeEventListener('abort', pool.#stop);
      for (const worker of pool.#workers) await worker.close();
    }
  }

  /**
   * Gives each worker one piece of work after another. The first failure interrupts the other workers and is thrown.
   */
  async each<Work>(
    next: () => Work | undefined,
    work: (worker: HourWorker, next: Work) => Promise<void>,
  ): Promise<void> {
    const failures: unknown[] = [];
    this.#cancelled.throwIfAborted();
    await Promise.all(
      this.#workers.map(async (worker) => {
        try {
          for (let one = next(); one !== undefined && !this.#stopped; one = next()) await work(worker, one);
        } catch (thrown) {
          failures.push(thrown);
          this.#stop();
        }
      }),
    );
    this.#cancelled.throwIfAborted();
    if (failures.length > 0) throw failures[0];
  }
}
