import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { BusinessDate } from '../../../domain/business-date';
import { DaybreakError, messageOf } from '../../../domain/errors';
import { Semaphore } from '../../../domain/semaphore';
import { pipelineNames } from '../../../engines/pipeline/pipelines-folder';
import { readConfig, type Config } from '../../../worker/config';
import { readFolderNamed } from '../../operate/pipeline-folder';
import { print, printJson } from '../../output/print';
import { collectReport } from '../../report/collect';
import { reportHtml } from '../../report/html';
import type { PipelineNotShown, ReportData, ReportPage } from '../../report/report-data';
import { serveReport } from '../../report/serve';

export interface ReportOptions {
  /** May be undefined with `all`. */
  readonly pipeline: string | undefined;
  readonly all: boolean;
  readonly from?: BusinessDate;
  readonly to?: BusinessDate;
  readonly output?: string;
  readonly turnilo?: string;
  readonly open: boolean;
  readonly serve: boolean;
  readonly port: number;
  readonly json: boolean;
}

export async function run(options: ReportOptions): Promise<void> {
  const { all, output, open, serve, port, json } = options;
  const pipeline = all ? undefined : options.pipeline;
  const config = readConfig();
  const collect = async (): Promise<ReportPage> =>
    pipeline === undefined
      ? everyPipeline(config, options)
      : { reports: [await onePipeline(config, pipeline, options)], notShown: [] };
  if (serve) {
    // What is wrong with the options is said now, and not in the browser.
    await collect();
    const { url } = await serveReport(port, async () => reportHtml(await collect()));
    print(`${url} shows the report as of each reload. Ctrl-C ends it.`);
    if (open) openInBrowser(url);
    return;
  }
  const page = await collect();
  if (json) {
    printJson(pipeline === undefined ? page : page.reports[0]);
    return;
  }
  const file = resolve(output ?? join(config.data, pipeline ?? '', 'report.html'));
  await write(file, await reportHtml(page));
  print(file);
  if (open) openInBrowser(file);
}

async function write(file: string, html: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, html);
  } catch (cause) {
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `the page cannot be written to ${file}: ${messageOf(cause)}`,
      remedy: 'Give by --output a file whose folder can be written.',
      cause,
    });
  }
}

async function onePipeline(config: Config, name: string, options: ReportOptions): Promise<ReportData> {
  return collectReport(config, await readFolderNamed(config, name), options);
}

/** Pipelines that are collected at once: most of the time goes by with waiting for servers. */
const AT_ONCE = 4;

/** A pipeline that is broken does not hide the others. */
async function everyPipeline(config: Config, options: ReportOptions): Promise<ReportPage> {
  const places = new Semaphore(AT_ONCE);
  const collected = await Promise.all(
    (await pipelineNames(config.pipelines)).map((name) =>
      places.run(() => onePipeline(config, name, options).catch((thrown: unknown) => notShownFor(name, thrown))),
    ),
  );
  return {
    reports: collected.filter((one) => 'days' in one),
    notShown: collected.filter((one) => 'what' in one),
  };
}

function notShownFor(pipeline: string, thrown: unknown): PipelineNotShown {
  if (!(thrown instanceof DaybreakError) || thrown.code === 'BAD_DATE') throw thrown;
  return { pipeline, what: `${thrown.code} ${thrown.what}`, remedy: thrown.remedy };
}

function openInBrowser(page: string): void {
  const opener = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  spawn(opener, [page], { stdio: 'ignore', detached: true })
    .on('error', () => {
      print(`there is no ${opener} on this machine: open ${page} yourself`);
    })
    .unref();
}
