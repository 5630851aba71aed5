import { Command } from 'commander';
import type { RestoreOptions } from '../../actions/batch/restore';
import { requiredDate } from '../../day-option';
import { pipelineOption } from '../../pipeline-option';

export function batchRestoreCommand(): Command {
  return new Command('restore')
    .description('have Druid serve a kept version of a day again, with the same proof. The next recompute replaces it')
    .addOption(requiredDate())
    .addOption(pipelineOption())
    .option('--version <id>', 'the name of a kept version', 'previous')
    .option('--json', 'print the result as JSON', false)
    .action(async (options: RestoreOptions) => (await import('../../actions/batch/restore')).run(options));
}
