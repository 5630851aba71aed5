import { Command, Option } from 'commander';
import { parseBusinessDate } from '../../../../domain/business-date';
import type { WrongRowsQuery } from '../../../operate/wrong-rows';
import { pipelineOption } from '../../pipeline-option';
import { wholeNumberFrom } from '../../whole-number';

export function batchRowsCommand(): Command {
  return new Command('rows')
    .description('print the published rows of a day that a check finds wrong, one JSON object a line. Needs no server')
    .addOption(
      new Option('--date <day>', 'the local day, YYYY-MM-DD').argParser(parseBusinessDate).makeOptionMandatory(),
    )
    .addOption(pipelineOption())
    .requiredOption('--check <name>', 'the name of the check')
    .option('--limit <n>', 'print at most this many', wholeNumberFrom(1), 50)
    .action(async (query: WrongRowsQuery) => (await import('../../actions/batch/rows')).run(query));
}
