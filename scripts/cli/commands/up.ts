import { Command } from 'commander';
import { createProgress, startStack } from '../../stack';
import { portBaseOption } from '../../stack/port-base';

export const upCommand = (): Command =>
  new Command('up')
    .description('Start Temporal, Kafka and Druid on this machine; the first time, fetch them. Safe to run twice.')
    .addOption(portBaseOption())
    .action(async ({ portBase }: { portBase?: number }) => {
      const progress = createProgress();
      try {
        await startStack({ portBase, progress });
      } finally {
        progress.stop();
      }
    });
