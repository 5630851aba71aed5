import { Command, Option } from 'commander';
import type { WorkerOptions } from '../actions/worker';

export function workerCommand(): Command {
  return new Command('worker')
    .description('serve the task queues of the layers until SIGINT or SIGTERM')
    .addOption(new Option('--role <role>', 'which layers').choices(['speed', 'batch', 'all']).default('all'))
    .addOption(
      new Option('--log <level>', 'least severe level').choices(['debug', 'info', 'warn', 'error']).default('info'),
    )
    .action(async (options: WorkerOptions) => (await import('../actions/worker')).run(options));
}
