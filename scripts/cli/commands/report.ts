import { Command, InvalidArgumentError, Option } from 'commander';
import { httpUrl } from '../../../domain/http-url';
import type { ReportOptions } from '../actions/report';
import { dayOption } from '../day-option';
import { withPipelineOrAll } from '../pipeline-option';
import { wholeNumberFrom } from '../whole-number';

export function reportCommand(): Command {
  const command = new Command('report').description(
    'write a page with a calendar of the verdicts of days, and the hours of each day. You can read it without a network',
  );
  return withPipelineOrAll(command, 'all pipelines of the folder on one page (default file: <data>/report.html)')
    .addOption(dayOption('--from', 'the first local day (default: six weeks ago)'))
    .addOption(dayOption('--to', 'the last local day (default: yesterday)'))
    .option('--output <file>', 'the file of the page (default: <data>/<pipeline>/report.html)')
    .addOption(
      new Option('--turnilo <url>', 'the address of Turnilo, for links to it')
        .env('TURNILO_URL')
        .argParser(httpAddress),
    )
    .option('--open', 'open the page in the browser', false)
    .addOption(
      new Option('--serve', 'serve the page to this machine, as of each reload, and write no file')
        .default(false)
        .conflicts(['output', 'json']),
    )
    .addOption(
      new Option('--port <n>', 'the port for --serve').argParser(wholeNumberFrom(0, 65_535)).default(0, 'a free one'),
    )
    .addOption(
      new Option('--json', 'print its data as JSON and write no page').default(false).conflicts(['output', 'open']),
    )
    .action(async (options: ReportOptions) => (await import('../actions/report')).run(options));
}

/** The address becomes a link in the page. An empty variable gives no link. */
function httpAddress(text: string): string {
  if (text === '' || httpUrl.safeParse(text).success) return text;
  throw new InvalidArgumentError('Give an http or https address without a password, such as http://127.0.0.1:9090.');
}
