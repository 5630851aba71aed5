import { Command } from 'commander';
import { portBaseOption } from '../../stack/port-base';

export const upCommand = (): Command =>
  new Command('up')
    .description('Start Temporal, Kafka and Druid on this machine; the first time, fetch them. Safe to run twice.')
    .addOption(portBaseOption())
    .action(async (options: { portBase?: number }) => (await import('../actions/stack')).up(options));
