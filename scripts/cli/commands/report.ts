import { spawn } from 'node:child_process';
import { Command, InvalidArgumentError, Option } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseBusinessDate, type BusinessDate } from '../../../domain/business-date';
import { httpUrl, readConfig } from '../../../worker/config';
import { print, printJson } from '../../output/print';
import { readSettingsNamed } from '../../operate/pipeline-folder';
import { collectReport, reportRange } from '../../report/collect';
import { reportHtml } from '../../report/html';

interface Options {
  readonly pipeline: string;
  readonly from?: BusinessDate;
  readonly to?: BusinessDate;
  readonly output?: string;
  readonly turnilo?: string;
  readonly open: boolean;
  readonly json: boolean;
}

export function reportCommand(): Command {
  return new Command('report')
    .description(
      'write a page with a calendar of the verdicts of days, and the hours of each day. You can read it without a network',
    )
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .addOption(new Option('--from <date>', 'the first local day (default: six weeks ago)').argParser(parseBusinessDate))
    .addOption(new Option('--to <date>', 'the last local day (default: yesterday)').argParser(parseBusinessDate))
    .option('--output <file>', 'the file of the page (default: <data>/<pipeline>/report.html)')
    .addOption(
      new Option('--turnilo <url>', 'the address of Turnilo, for links to it')
        .env('TURNILO_URL')
        .argParser(httpAddress),
    )
    .option('--open', 'open the page in the browser', false)
    .option('--json', 'print its data as JSON and write no page', false)
    .action(async ({ pipeline: name, from, to, output, turnilo, open, json }: Options) => {
      const config = readConfig();
      const pipeline = await readSettingsNamed(config, name);
      const dates = reportRange(pipeline, { ...(from && { from }), ...(to && { to }) });
      const turniloUrl = turnilo ? `${turnilo}#${encodeURIComponent(pipeline.druid.datasource)}` : undefined;
      const data = await collectReport(config, pipeline, { dates, turniloUrl });
      if (json) {
        printJson(data);
        return;
      }
      const file = resolve(output ?? join(config.data, name, 'report.html'));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, await reportHtml(data));
      print(file);
      if (open) openInBrowser(file);
    });
}

/** It becomes a link in the page; an empty variable gives no link. */
function httpAddress(text: string): string {
  if (text === '' || httpUrl.safeParse(text).success) return text;
  throw new InvalidArgumentError('Give an http or https address without a password, such as http://127.0.0.1:9090.');
}

function openInBrowser(file: string): void {
  const opener = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  spawn(opener, [file], { stdio: 'ignore', detached: true })
    .on('error', () => {
      print(`there is no ${opener} on this machine: open the file yourself`);
    })
    .unref();
}
