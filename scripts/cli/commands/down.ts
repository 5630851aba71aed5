import { Command } from 'commander';
import { portBaseOption } from '../../stack/port-base';

export const downCommand = (): Command =>
  new Command('down')
    .description('Stop what `up` started, and nothing else. The data stays, unless --wipe is given.')
    .option('--wipe', 'clear data and logs of Temporal, Kafka and Druid, too', false)
    .addOption(portBaseOption())
    .action(async (options: { portBase?: number; wipe: boolean }) => (await import('../actions/stack')).down(options));
