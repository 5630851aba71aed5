import { Command } from 'commander';
import { createProgress, startStack } from '../../stack';
import { portBaseOption } from '../../stack/port-base';

export const upCommand = (): Command =>
  new Command('up')
    .description('start Temporal, Kafka and Druid on this machine. Downloads them the first time. You can run it twice')
    .addOption(portBaseOption())
    .action(async ({ portBase }: { portBase?: number }) => {
      const progress = createProgress();
      try {
        await startStack({ portBase, progress });
      } finally {
        progress.stop();
      }
    });
