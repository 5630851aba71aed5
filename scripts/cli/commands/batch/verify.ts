import { Command, Option } from 'commander';
import { parseBusinessDate } from '../../../../domain/business-date';
import type { VerifyOptions } from '../../actions/batch/verify';

export function batchVerifyCommand(): Command {
  return new Command('verify')
    .description('prove that Druid serves exactly the published rows of a day. Needs neither Temporal nor a worker')
    .addOption(
      new Option('--date <day>', 'the local day, YYYY-MM-DD').argParser(parseBusinessDate).makeOptionMandatory(),
    )
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .option('--json', 'print the proof as JSON', false)
    .action(async (options: VerifyOptions) => (await import('../../actions/batch/verify')).run(options));
}
