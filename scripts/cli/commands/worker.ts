import { Command, Option } from 'commander';
import type { WorkerOptions } from '../actions/worker';

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
    .action(async (options: WorkerOptions) => (await import('../actions/worker')).run(options));
}
