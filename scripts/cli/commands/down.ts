import { Command } from 'commander';
import { portBaseOption } from '../../stack/port-base';

export const downCommand = (): Command =>
  new Command('down')
    .description('stop the servers that `up` started, and no others. Keeps their data, unless you give --wipe')
    .option('--wipe', 'also remove data and logs of Temporal, Kafka and Druid', false)
    .addOption(portBaseOption())
    .action(async (options: { portBase?: number; wipe: boolean }) => (await import('../actions/stack')).down(options));
