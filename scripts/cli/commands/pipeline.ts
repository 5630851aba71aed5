import { Command } from 'commander';
import type { CheckOptions } from '../actions/pipeline';

export function pipelineCommand(): Command {
  return new Command('pipeline').description('check a pipeline folder').addCommand(
    new Command('check')
      .description(
        'check pipeline.yaml, transform.sql and the tables of a folder, and whether it conflicts with the folders beside it',
      )
      .argument('<folder>', 'the pipeline folder')
      .option(
        '--connect',
        'also ask Druid whether its compaction fits recomputed days, and check that the input can be read and the output written',
        false,
      )
      .option('--json', 'print JSON', false)
      .action(async (folder: string, options: CheckOptions) =>
        (await import('../actions/pipeline')).check(folder, options),
      ),
  );
}
