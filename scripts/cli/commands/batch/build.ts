/* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/consistent-type-imports -- see `changedDay`. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBusinessDate, type BusinessDate } from '../../../../domain/business-date';
import { describeCounts, type DayManifest } from '../../../../domain/day-manifest';
import { refusalsOf, truncatedFiles, type GateRefusal } from '../../../../domain/gate';
import { ENGINES, type Engine, type Pipeline } from '../../../../domain/pipeline';
import type { ReadPipeline } from '../../../../engines/model/loaded-pipeline';
import { unchangedDay } from '../../../../engines/versions/previous-build';
import { readPipeline } from '../../../../engines/pipeline/read-pipeline';
import { BuildProgressLine } from '../../../output/build-progress-line';
import { print, printJson } from '../../../output/print';
import type { Line } from '../../../output/safe-text';
import { table } from '../../../output/table';

interface Options {
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly input: string;
  readonly output: string;
  readonly engine?: Engine;
  readonly master?: string;
  readonly force: boolean;
  readonly memory?: number;
  readonly threads?: number;
  readonly json: boolean;
}

const MEBIBYTE = 1024 ** 2;

export function batchBuildCommand(): Command {
  return new Command('build')
    .description("build one day's rows from its hourly files. Needs no server")
    .requiredOption('--pipeline <folder>', 'the pipeline folder')
    .addOption(
      new Option('--date <day>', 'the local day, YYYY-MM-DD').argParser(parseBusinessDate).makeOptionMandatory(),
    )
    .requiredOption('--input <folder>', 'the folder with the hourly files')
    .requiredOption('--output <folder>', 'the folder that gets <date>/HH.ndjson and <date>/_manifest.json')
    .addOption(
      new Option('--engine <engine>', "what runs the SQL (default: the pipeline's batch.engine)").choices(ENGINES),
    )
    .option(
      '--master <url>',
      "where Spark runs, such as spark://host:7077 (default: Spark's configuration, else local[*])",
    )
    .option('--force', 'build every hour, also the unchanged ones', false)
    .option('--memory <MiB>', 'how much memory DuckDB may use before it writes to disk (default: 1024)', positive)
    .option('--threads <n>', 'how many hours are built at once (default: one for each processor)', positive)
    .option('--json', 'print the folder and the manifest as JSON', false)
    .action(build);
}

async function build({ json, ...options }: Options): Promise<void> {
  const read = await readPipeline(options.pipeline);
  const engine = options.engine ?? read.pipeline.batch.engine;
  const unchanged = options.force ? undefined : await unchangedDay(read, { ...options, engine });
  const manifest = unchanged ?? (await changedDay(read, { ...options, engine }));
  const folder = await realpath(join(options.output, options.date));
  if (json) printJson({ folder, manifest, refusals: refusals(read.pipeline, manifest) });
  else describe(read, manifest, join(options.output, options.date)).forEach(print);
}

async function changedDay(
  read: ReadPipeline,
  { pipeline, master, memory, threads, ...options }: Omit<Options, 'json'> & { readonly engine: Engine },
): Promise<DayManifest> {
  // The engine takes longer to load than an unchanged day takes to recognise.
  const { checkPipeline } =
    require('../../../../engines/load-pipeline') as typeof import('../../../../engines/load-pipeline');
  const { runDayBuild } = require('../../../../engines/build-day') as typeof import('../../../../engines/build-day');
  const { findSpark } = require('../../../stack/fetch/spark') as typeof import('../../../stack/fetch/spark');
  const loaded = await checkPipeline(read, pipeline);
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort();
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const progress = new BuildProgressLine();
  try {
    return await runDayBuild(loaded, {
      ...options,
      findSpark: () => findSpark({ master }),
      ...(memory !== undefined && { memoryLimit: memory * MEBIBYTE }),
      ...(threads !== undefined && { threads }),
      signal: stop.signal,
      onProgress: (now) => {
        progress.show(now);
      },
    });
  } finally {
    progress.end();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function describe({ pipeline }: ReadPipeline, manifest: DayManifest, folder: string): Line[] {
  const { hours, counts, quarantine } = manifest;
  const shown = hours.filter(
    ({ written, filtered, duplicates, misfiled }) => written + filtered + duplicates + misfiled > 0,
  );
  const numbers = (...values: number[]): string[] => values.map((value) => value.toLocaleString('en-US'));
  return [
    table([
      ['hour', 'written', 'filtered', 'duplicates', 'unmatched', 'from other files'],
      ...shown.map((hour) => [
        hour.hour,
        ...numbers(hour.written, hour.filtered, hour.duplicates, hour.unmatched, hour.misfiled),
      ]),
    ]),
    describeCounts(counts),
    ...(quarantine === undefined ? [] : [`bad records are in ${join(folder, quarantine.file)}`]),
    `published as ${folder}`,
    ...refusals(pipeline, manifest).map(({ code, reason }) => `! the gate refuses this day: ${code}: ${reason}`),
  ];
}

/** The refusals that the files alone show; the gate also checks Druid. */
function refusals(
  { gate }: Pipeline,
  { hours, counts, missingHours, truncatedFiles: names = [] }: DayManifest,
): GateRefusal[] {
  const written = Object.fromEntries(hours.map((hour) => [hour.hour, hour.written]));
  const truncated = truncatedFiles(names);
  return refusalsOf(gate, { missingHours, written, counts, truncated, realtimeDistinct: {} });
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Give a whole number, 1 or more.');
  return value;
}
