import { Command, Option } from 'commander';
import { ACCEPTABLE_GATE_CODES } from '../../../../domain/gate';
import type { RunOptions } from '../../actions/batch/run';
import { pipelineOption } from '../../pipeline-option';

export function batchRunCommand(): Command {
  return new Command('run')
    .description('recompute a day and replace it in Druid, with proof')
    .requiredOption('--date <date>', 'the local day, YYYY-MM-DD')
    .addOption(pipelineOption())
    .option('--force', 'build every hour again, also the unchanged ones', false)
    .addOption(
      new Option('--accept <code...>', 'go on even if the gate refuses the day with this code')
        .choices(ACCEPTABLE_GATE_CODES)
        .default([]),
    )
    .option('--no-wait', 'start the run and return at once')
    .option('--json', 'print the result as JSON', false)
    .action(async (options: RunOptions) => (await import('../../actions/batch/run')).run(options));
}
