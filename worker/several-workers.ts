import type { Worker } from '@temporalio/worker';

type OneWorker = Pick<Worker, 'run' | 'shutdown' | 'getState'>;

/**
 * The workers, when all are made. If one cannot be made, the others are ended and the first reason is thrown: a worker
 * that never ran would hold its connection.
 */
export async function allMade<T extends OneWorker>(making: readonly Promise<T>[]): Promise<T[]> {
  return afterAll(making, async () => {
    const made = (await Promise.allSettled(making)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const running = made.map((worker) => worker.run());
    shutDown(made);
    await Promise.allSettled(running);
  });
}

/**
 * Runs the workers until all have ended. If one fails, the others are shut down, so that they end as on SIGTERM, and the
 * first reason is thrown. Until then they hold the connection.
 *
 * @param onEnd called each time that one has ended.
 */
export async function runAll(workers: readonly OneWorker[], onEnd?: () => void): Promise<void> {
  const running = workers.map((worker) =>
    worker.run().finally(() => {
      onEnd?.();
      shutDown(workers);
    }),
  );
  await afterAll(running, () => Promise.allSettled(running));
}

export function shutDown(workers: readonly OneWorker[]): void {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
}

/** What the promises give. If one rejects, throws its reason after `end`. */
async function afterAll<T>(promises: readonly Promise<T>[], end: () => Promise<unknown>): Promise<T[]> {
  const all = Promise.all(promises);
  await all.catch(end);
  return all;
}
