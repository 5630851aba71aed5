import { Command } from 'commander';
import { portBaseOption } from '../../stack/port-base';

export const upCommand = (): Command =>
  new Command('up')
    .description('start Temporal, Kafka and Druid on this machine. Downloads them the first time. You can run it twice')
    .addOption(portBaseOption())
    .action(async (options: { portBase?: number }) => (await import('../actions/stack')).up(options));
