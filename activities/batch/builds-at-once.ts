import { totalmem } from 'node:os';
import { Semaphore, type SemaphoreWait } from '../../domain/semaphore';
import { TASK_QUEUES } from '../../domain/task-queues';

/** The rest is for what else a worker does, and for what a build holds besides its limit. */
const SHARE_OF_MEMORY = 0.75;

/**
 * Lets only as many builds run at once as the memory of this process has room for: with each build within its own limit,
 * ten would still end the process. Nights and backfills have places of their own, so that no night waits for a backfill.
 */
export class BuildsAtOnce {
  readonly #nights: Semaphore;
  readonly #backfills: Semaphore;

  /**
   * @param memoryLimit bytes that a build may hold.
   * @param memory bytes that this process may hold. Default: those of its container, else of its machine.
   */
  constructor(memoryLimit: number, memory = memoryOfProcess()) {
    const places = Math.floor((memory * SHARE_OF_MEMORY) / memoryLimit);
    this.#nights = new Semaphore(Math.max(1, Math.ceil(places / 2)));
    this.#backfills = new Semaphore(Math.max(1, Math.floor(places / 2)));
  }

  /** Runs a build of a task queue when there is a place for it. */
  run<T>(taskQueue: string, wait: SemaphoreWait, build: () => Promise<T>): Promise<T> {
    return (taskQueue === TASK_QUEUES.backfill ? this.#backfills : this.#nights).run(build, wait);
  }
}

function memoryOfProcess(): number {
  // 0 if nothing is known, and more than there is if there is no limit.
  return Math.min(totalmem(), process.constrainedMemory() || Infinity);
}
