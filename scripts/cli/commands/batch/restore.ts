import { Command, Option } from 'commander';
import { parseBusinessDate } from '../../../../domain/business-date';
import type { RestoreOptions } from '../../actions/batch/restore';
import { pipelineOption } from '../../pipeline-option';

export function batchRestoreCommand(): Command {
  return new Command('restore')
    .description('have Druid serve a kept version of a day again, with the same proof. The next recompute replaces it')
    .addOption(
      new Option('--date <day>', 'the local day, YYYY-MM-DD').argParser(parseBusinessDate).makeOptionMandatory(),
    )
    .addOption(pipelineOption())
    .option('--version <id>', 'the name of a kept version', 'previous')
    .option('--json', 'print the result as JSON', false)
    .action(async (options: RestoreOptions) => (await import('../../actions/batch/restore')).run(options));
}
