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
    .description('write a page with a calendar of verdicts; each day opens to its hours. Needs no network to be read')
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .addOption(new Option('--from <date>', 'first local day (default: six weeks ago)').argParser(parseBusinessDate))
    .addOption(new Option('--to <date>', 'last local day (default: yesterday)').argParser(parseBusinessDate))
    .option('--output <file>', 'where to (default: <data>/<pipeline>/report.html)')
    .addOption(new Option('--turnilo <url>', 'address of Turnilo, for links').env('TURNILO_URL').argParser(httpAddress))
    .option('--open', 'open it in the browser', false)
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

/** It becomes a link in the page; an empty variable is none. */
function httpAddress(text: string): string {
  if (text === '' || httpUrl.safeParse(text).success) return text;
  throw new InvalidArgumentError('Give an http or https address without a password, such as http://127.0.0.1:9090.');
}

function openInBrowser(file: string): void {
  const opener = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  spawn(opener, [file], { stdio: 'ignore', detached: true })
    .on('error', () => {
      print(`${opener} is not here: open the file yourself`);
    })
    .unref();
}
