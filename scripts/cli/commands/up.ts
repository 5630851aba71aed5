import { Command, Option } from 'commander';
import { portBaseOption } from '../../stack/port-base';
import type { UpOptions } from '../actions/stack';

export const upCommand = (): Command =>
  new Command('up')
    .description('start Temporal, Kafka and Druid on this machine. Downloads them the first time. You can run it twice')
    .addOption(portBaseOption())
    .addOption(
      new Option('--storage <kind>', 'also start a local S3, and print the variables that its users need').choices([
        's3',
      ]),
    )
    .action(async (options: UpOptions) => (await import('../actions/stack')).up(options));
