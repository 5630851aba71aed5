import { Command, Option } from 'commander';
import { parseBusinessDate } from '../../../../domain/business-date';
import type { RestoreOptions } from '../../actions/batch/restore';

export function batchRestoreCommand(): Command {
  return new Command('restore')
    .description('bring a kept version of a day back, with the same proof; the next recompute builds anew')
    .addOption(
      new Option('--date <day>', 'the local day, YYYY-MM-DD').argParser(parseBusinessDate).makeOptionMandatory(),
    )
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .option('--version <id>', 'a kept version by its name', 'previous')
    .option('--json', 'print the result as JSON', false)
    .action(async (options: RestoreOptions) => (await import('../../actions/batch/restore')).run(options));
}
