import { Command } from 'commander';
import type { ListOptions } from '../actions/quarantine/list';
import type { ShowOptions } from '../actions/quarantine/show';
import { dayOption, requiredDate } from '../day-option';
import { pipelineOption } from '../pipeline-option';
import { wholeNumberFrom } from '../whole-number';

export function quarantineCommand(): Command {
  const list = new Command('list')
    .description('how many records of each day are bad, and why. Needs no server')
    .addOption(pipelineOption())
    .addOption(dayOption('--from', 'the first local day (default: six weeks before the last)'))
    .addOption(dayOption('--to', 'the last local day (default: yesterday)'))
    .option('--json', 'print JSON', false)
    .action(async (options: ListOptions) => (await import('../actions/quarantine/list')).run(options));
  const show = new Command('show')
    .description('the bad records of a day: file, line, reason and text. Needs no server')
    .addOption(pipelineOption())
    .addOption(requiredDate())
    .option('--reason <text>', 'only records whose reason has this text, as the list shows it or a part of it')
    .option('--limit <n>', 'show at most this many', wholeNumberFrom(0), 50)
    .option('--json', 'print JSON, with each text whole', false)
    .action(async (options: ShowOptions) => (await import('../actions/quarantine/show')).run(options));
  return new Command('quarantine')
    .description('records that the batch could not turn into rows')
    .addCommand(list)
    .addCommand(show);
}
