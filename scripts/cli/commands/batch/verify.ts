import { Command } from 'commander';
import type { VerifyOptions } from '../../actions/batch/verify';
import { requiredDate } from '../../day-option';
import { pipelineOption } from '../../pipeline-option';

export function batchVerifyCommand(): Command {
  return new Command('verify')
    .description('prove that Druid serves exactly the published rows of a day. Needs neither Temporal nor a worker')
    .addOption(requiredDate())
    .addOption(pipelineOption())
    .option('--json', 'print the proof as JSON', false)
    .action(async (options: VerifyOptions) => (await import('../../actions/batch/verify')).run(options));
}
