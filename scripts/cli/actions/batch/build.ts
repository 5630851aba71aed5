import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locationOf } from '../../../../clients/storage';
import { numeral } from '../../../../domain/counted';
import { describeCounts, type DayManifest } from '../../../../domain/day-manifest';
import { damagedFiles, describeDamaged, refusalsOf, truncatedFiles, type GateRefusal } from '../../../../domain/gate';
import type { Pipeline } from '../../../../domain/pipeline';
import { checkedDay, checkTable } from '../../../../domain/checked-day';
import type { ReadPipeline } from '../../../../engines/model/loaded-pipeline';
import { readPipeline } from '../../../../engines/pipeline/read-pipeline';
import { readCurrent } from '../../../../engines/versions/day-output';
import { withOutput } from '../../../../engines/versions/open-output';
import { unchangedDay } from '../../../../engines/versions/previous-build';
import { print, printJson } from '../../../output/print';
import type { Line } from '../../../output/safe-text';
import { describeTablesByDate } from '../../../output/describe/describe-tables';
import { table } from '../../../output/table';
import type { BuildOptions } from './build-options';

/** @param from the pipeline's folder. */
export async function run(from: string, options: BuildOptions): Promise<void> {
  if (locationOf(options.output).kind === 'local') return build(from, options);
  const scratch = await mkdtemp(join(tmpdir(), 'daybreak-build-'));
  try {
    await build(from, { ...options, scratch });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function build(from: string, { json, ...options }: BuildOptions & { readonly scratch?: string }): Promise<void> {
  const read = await readPipeline(from, options.date);
  const engine = options.engine ?? read.pipeline.batch.engine;
  const unchanged = options.force ? undefined : await unchangedDay(read, { ...options, engine });
  // The engine takes longer to load than the check of an unchanged day.
  const manifest =
    unchanged ?? (await (await import('./build-changed-day')).buildChangedDay(read, from, { ...options, engine }));
  const { output: location, scratch, date } = options;
  const day = await withOutput({ location, scratch }, date, readCurrent);
  const folder = day?.folder ?? location;
  // The link is shorter than the folder that it leads to.
  const shown = scratch === undefined ? join(location, date) : folder;
  if (json) printJson({ folder, manifest, refusals: refusals(read.pipeline, manifest) });
  else describe(read, manifest, shown).forEach(print);
}

function describe({ pipeline }: ReadPipeline, manifest: DayManifest, folder: string): Line[] {
  const { hours, counts, quarantine, damagedNeighbours = [] } = manifest;
  const checks = checkedDay(pipeline.checks, hours);
  const shown = hours.filter(
    ({ written, filtered, duplicates, misfiled }) => written + filtered + duplicates + misfiled > 0,
  );
  const numbers = (...values: number[]): string[] => values.map(numeral);
  return [
    table([
      ['hour', 'written', 'filtered', 'duplicates', 'unmatched', 'from other files'],
      ...shown.map((hour) => [
        hour.hour,
        ...numbers(hour.written, hour.filtered, hour.duplicates, hour.unmatched, hour.misfiled),
      ]),
    ]),
    ...(checks.length === 0 ? [] : [table(checkTable(checks))]),
    describeCounts(counts),
    ...describeTablesByDate(pipeline, manifest.tableFiles),
    ...(quarantine === undefined ? [] : [`bad records are in ${folder}/${quarantine.file}`]),
    ...(damagedNeighbours.length === 0 ? [] : [`! ${describeDamaged(damagedFiles(damagedNeighbours))}`]),
    `published as ${folder}`,
    ...refusals(pipeline, manifest).map(({ code, reason }) => `! the gate refuses this day: ${code}: ${reason}`),
  ];
}

/** The refusals that the files alone show. The gate also checks Druid. */
function refusals(
  { gate, checks: wanted }: Pipeline,
  { hours, counts, missingHours, truncatedFiles: names = [], unreadFiles }: DayManifest,
): GateRefusal[] {
  const written = Object.fromEntries(hours.map((hour) => [hour.hour, hour.written]));
  const truncated = truncatedFiles(names, unreadFiles);
  const checks = checkedDay(wanted, hours);
  return refusalsOf(gate, { missingHours, written, counts, truncated, checks, realtimeDistinct: {} });
}
