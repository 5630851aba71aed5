import type { Layer } from '../../../domain/task-queues';
import { readConfig } from '../../../worker/config';
import { startHealth } from '../../../worker/health';
import { runWorker } from '../../../worker/main';
import { onEnding } from '../../output/ending';
import { createLogger, standardLog } from '../../output/log';
import { findSpark } from '../../stack/fetch/spark';

export interface WorkerOptions {
  readonly role: Layer | 'all';
  readonly log: string;
}

export async function run({ role, log }: WorkerOptions): Promise<void> {
  const ending = new AbortController();
  const logger = createLogger(
    log,
    standardLog((exitCode) => {
      process.exitCode = exitCode;
      ending.abort();
    }),
  );
  onEnding((signal) => {
    logger.info({ signal }, 'draining');
    ending.abort();
  });
  const config = readConfig();
  const layers: readonly Layer[] = role === 'all' ? ['speed', 'batch'] : [role];
  const health = await startHealth({
    host: config.workerHost,
    port: config.workerPort + 1,
    layers,
    logger,
  });
  ending.signal.addEventListener('abort', health.draining);
  if (ending.signal.aborted) health.draining();
  await runWorker({
    config,
    layers,
    logger,
    findSpark,
    onDraining: health.draining,
    signal: ending.signal,
    onReady: () => {
      health.ready();
      logger.info({ role }, 'ready');
    },
  }).finally(health.close);
}
