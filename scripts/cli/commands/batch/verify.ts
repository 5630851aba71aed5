import { Command, Option } from 'commander';
import { parseBusinessDate } from '../../../../domain/business-date';
import type { VerifyOptions } from '../../actions/batch/verify';
import { pipelineOption } from '../../pipeline-option';

export function batchVerifyCommand(): Command {
  return new Command('verify')
    .description('prove that Druid serves exactly the published rows of a day. Needs neither Temporal nor a worker')
    .addOption(
      new Option('--date <day>', 'the local day, YYYY-MM-DD').argParser(parseBusinessDate).makeOptionMandatory(),
    )
    .addOption(pipelineOption())
    .option('--json', 'print the proof as JSON', false)
    .action(async (options: VerifyOptions) => (await import('../../actions/batch/verify')).run(options));
}
