import { Command } from 'commander';
import type { WrongRowsQuery } from '../../../operate/wrong-rows';
import { requiredDate } from '../../day-option';
import { pipelineOption } from '../../pipeline-option';
import { wholeNumberFrom } from '../../whole-number';

export function batchRowsCommand(): Command {
  return new Command('rows')
    .description('print the published rows of a day that a check finds wrong, one JSON object a line. Needs no server')
    .addOption(requiredDate())
    .addOption(pipelineOption())
    .requiredOption('--check <name>', 'the name of the check')
    .option('--limit <n>', 'print at most this many', wholeNumberFrom(1), 50)
    .action(async (query: WrongRowsQuery) => (await import('../../actions/batch/rows')).run(query));
}
