import type { HourWorker } from './hour-worker';

interface Waiting {
  readonly isUrgent: boolean;
  readonly take: (worker: HourWorker) => void;
}

/** The workers of a build. They end together. */
export class WorkerPool {
  readonly #workers: HourWorker[] = [];
  readonly #free: HourWorker[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #cancelled: AbortSignal;
  readonly #failures: unknown[] = [];
  readonly #stop = (): void => {
    for (const worker of this.#workers) worker.interrupt();
  };

  private constructor(cancelled: AbortSignal) {
    this.#cancelled = cancelled;
    cancelled.addEventListener('abort', this.#stop);
  }

  /**
   * Runs `work` with `count` workers and closes them. `cancelled` interrupts them. The work must not end before all that
   * it began.
   */
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
      pool.#free.push(...pool.#workers);
      await work(pool);
    } finally {
      cancelled.removeEventListener('abort', pool.#stop);
      for (const worker of pool.#workers) await worker.close();
    }
  }

  /** How many workers it has. */
  get size(): number {
    return this.#workers.length;
  }

  /**
   * Does work with the next free worker. Urgent work comes first. The first failure interrupts the other workers, and all
   * other work then fails with it.
   */
  async run<T>(work: (worker: HourWorker) => Promise<T>, { isUrgent = false } = {}): Promise<T> {
    const worker = this.#free.pop() ?? (await this.#nextFree(isUrgent));
    try {
      this.#throwIfStopped();
      return await work(worker);
    } catch (thrown) {
      if (this.#failures.push(thrown) === 1) this.#stop();
      this.#throwIfStopped();
      throw thrown;
    } finally {
      this.#release(worker);
    }
  }

  /** Gives each free worker one piece of work after another, which `next` gives when a worker is free. */
  async each<Work>(
    next: () => Work | undefined,
    work: (worker: HourWorker, next: Work) => Promise<void>,
  ): Promise<void> {
    const one = async (worker: HourWorker): Promise<boolean> => {
      const found = next();
      if (found !== undefined) await work(worker, found);
      return found !== undefined;
    };
    const ended = await Promise.allSettled(
      this.#workers.map(async () => {
        while (await this.run(one));
      }),
    );
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
  }

  #throwIfStopped(): void {
    this.#cancelled.throwIfAborted();
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  #nextFree(isUrgent: boolean): Promise<HourWorker> {
    return new Promise((take) => {
      this.#waiting.push({ isUrgent, take });
    });
  }

  #release(worker: HourWorker): void {
    const urgent = this.#waiting.findIndex(({ isUrgent }) => isUrgent);
    const [next] = this.#waiting.splice(Math.max(urgent, 0), 1);
    if (next === undefined) this.#free.push(worker);
    else next.take(worker);
  }
}
