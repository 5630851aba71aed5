import { Command, Option } from 'commander';
import { parseBusinessDate } from '../../../domain/business-date';
import type { CheckOptions } from '../actions/pipeline';
import type { PreviewOptions } from '../actions/preview';
import { pipelineOption } from '../pipeline-option';
import { wholeNumberFrom } from '../whole-number';

export function pipelineCommand(): Command {
  const check = new Command('check')
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
    );
  const preview = new Command('preview')
    .description(
      'print the first rows that the pipeline makes of its real input, and the bad records among what was read. Publishes ' +
        'nothing and needs no server',
    )
    .addOption(pipelineOption())
    .addOption(
      new Option('--date <day>', 'the local day (default: the latest day that has input files)').argParser(
        parseBusinessDate,
      ),
    )
    .option('--limit <n>', 'print at most this many rows, and as many bad records', wholeNumberFrom(1), 10)
    .option('--json', 'print JSON', false)
    .action(async (options: PreviewOptions) => (await import('../actions/preview')).run(options));
  return new Command('pipeline')
    .description('check a pipeline folder, and see what it makes of its input')
    .addCommand(check)
    .addCommand(preview);
}
