import { Command, InvalidArgumentError, Option } from 'commander';
import { parseBusinessDate } from '../../../domain/business-date';
import { httpUrl } from '../../../domain/http-url';
import type { ReportOptions } from '../actions/report';

export function reportCommand(): Command {
  return new Command('report')
    .description('write a page with a calendar of verdicts; each day opens to its hours. Needs no network to be read')
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .addOption(new Option('--from <date>', 'first local day (default: six weeks ago)').argParser(parseBusinessDate))
    .addOption(new Option('--to <date>', 'last local day (default: yesterday)').argParser(parseBusinessDate))
    .option('--output <file>', 'where to (default: <data>/<pipeline>/report.html)')
    .addOption(new Option('--turnilo <url>', 'address of Turnilo, for links').env('TURNILO_URL').argParser(httpAddress))
    .option('--open', 'open it in the browser', false)
    .option('--json', 'print its data as JSON and write no page', false)
    .action(async (options: ReportOptions) => (await import('../actions/report')).run(options));
}

/** It becomes a link in the page; an empty variable is none. */
function httpAddress(text: string): string {
  if (text === '' || httpUrl.safeParse(text).success) return text;
  throw new InvalidArgumentError('Give an http or https address without a password, such as http://127.0.0.1:9090.');
}
