import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { BusinessDate } from '../../../domain/business-date';
import { readConfig } from '../../../worker/config';
import { readSettingsNamed } from '../../operate/pipeline-folder';
import { print, printJson } from '../../output/print';
import { collectReport, reportRange } from '../../report/collect';
import { reportHtml } from '../../report/html';

export interface ReportOptions {
  readonly pipeline: string;
  readonly from?: BusinessDate;
  readonly to?: BusinessDate;
  readonly output?: string;
  readonly turnilo?: string;
  readonly open: boolean;
  readonly json: boolean;
}

export async function run({ pipeline: name, from, to, output, turnilo, open, json }: ReportOptions): Promise<void> {
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
}

function openInBrowser(file: string): void {
  const opener = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  spawn(opener, [file], { stdio: 'ignore', detached: true })
    .on('error', () => {
      print(`there is no ${opener} on this machine: open the file yourself`);
    })
    .unref();
}
