import { Command } from 'commander';
import type { PackOptions } from '../actions/spark';

export const sparkCommand = (): Command =>
  new Command('spark').description('what a Spark cluster needs for the engine spark').addCommand(
    new Command('pack')
      .description(
        "write an archive for spark.archives with the pinned libraries of tasks, for this machine's Python version and platform",
      )
      .argument('<file>', 'the archive, such as daybreak-python.tar.gz')
      .option('--json', 'print JSON', false)
      .action(async (file: string, options: PackOptions) => (await import('../actions/spark')).pack(file, options)),
  );
