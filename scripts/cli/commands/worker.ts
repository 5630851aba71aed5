import { Command, Option } from 'commander';
import type { Layer } from '../../../domain/task-queues';
import { readConfig } from '../../../worker/config';
import { startHealth } from '../../../worker/health';
import { runWorker } from '../../../worker/main';
import { createLogger } from '../../output/log';
import { findSpark } from '../../stack/fetch/spark';

export function workerCommand(): Command {
  return new Command('worker')
    .description('run the work of both layers, or of one, until SIGINT or SIGTERM')
    .addOption(
      new Option('--role <role>', 'the layers that this worker serves')
        .choices(['speed', 'batch', 'all'])
        .default('all'),
    )
    .addOption(
      new Option('--log <level>', 'the least severe level that is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .action(async ({ role, log }: { role: Layer | 'all'; log: string }) => {
      const logger = createLogger(log);
      const ending = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.once(signal, () => {
          logger.info({ signal }, 'draining');
          ending.abort();
        });
      }
      const config = readConfig();
      const layers: readonly Layer[] = role === 'all' ? ['speed', 'batch'] : [role];
      const health = await startHealth({
        host: config.workerHost,
        port: config.workerPort + 1,
        layers,
        logger,
      });
      ending.signal.addEventListener('abort', health.draining);
      await runWorker({
        config,
        layers,
        logger,
        findSpark,
        signal: ending.signal,
        onReady: () => {
          health.ready();
          logger.info({ role }, 'ready');
        },
      }).finally(health.close);
    });
}
