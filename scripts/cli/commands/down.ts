import { Command } from 'commander';
import { createProgress, stopStack } from '../../stack';
import { portBaseOption } from '../../stack/port-base';

export const downCommand = (): Command =>
  new Command('down')
    .description('Stop what `up` started, and nothing else. The data stays, unless --wipe is given.')
    .option('--wipe', 'clear data and logs of Temporal, Kafka and Druid, too', false)
    .addOption(portBaseOption())
    .action(async ({ portBase, wipe }: { portBase?: number; wipe: boolean }) => {
      const progress = createProgress();
      try {
        await stopStack({ portBase, wipe, progress });
      } finally {
        progress.stop();
      }
    });
