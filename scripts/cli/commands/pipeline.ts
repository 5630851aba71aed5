import { Command } from 'commander';
import type { CheckOptions } from '../actions/pipeline';
import type { PreviewOptions } from '../actions/preview';
import { dayOption } from '../day-option';
import { pipelineFolder, pipelineOption, withPipelineFolder } from '../pipeline-option';
import { wholeNumberFrom } from '../whole-number';

export function pipelineCommand(): Command {
  const check = withPipelineFolder(new Command('check'))
    .description(
      "check pipeline.yaml, transform.sql and the tables of a pipeline's folder, and whether it conflicts with the folders beside it",
    )
    .option(
      '--connect',
      'also ask Druid whether its compaction fits recomputed days, and check that the input can be read and the output written',
      false,
    )
    .option('--json', 'print JSON', false)
    .action(async (folder: string | undefined, options: CheckOptions, command: Command) =>
      (await import('../actions/pipeline')).check(await pipelineFolder(folder, command), options),
    );
  const preview = new Command('preview')
    .description(
      'print the first rows that the pipeline makes of its real input, and the bad records among what was read. Publishes ' +
        'nothing and needs no server',
    )
    .addOption(pipelineOption())
    .addOption(dayOption('--date', 'the local day (default: the latest day that has input files)'))
    .option('--limit <n>', 'print at most this many rows, and as many bad records', wholeNumberFrom(1), 10)
    .option('--json', 'print JSON', false)
    .action(async (options: PreviewOptions) => (await import('../actions/preview')).run(options));
  return new Command('pipeline')
    .description('check a pipeline, and see what it makes of its input')
    .addCommand(check)
    .addCommand(preview);
}
