import { join } from 'node:path';
import * as z from 'zod';
import type { BuiltDay, ReadHour } from '../../domain/daily-batch';
import { completeCounts } from '../../domain/day-manifest';
import { DaybreakError } from '../../domain/errors';
import { damagedFiles, truncatedFiles } from '../../domain/gate';
import type { Pipeline } from '../../domain/pipeline';
import { readState, type BuildState } from '../../engines/versions/build-state';
import { folderNamed } from '../../engines/pipeline/pipelines-folder';
import { readSettings } from '../../engines/pipeline/read-pipeline';
import { folderWithin } from '../../clients/storage/local/safe-path';
import { readCurrent, refuseOthers, type DayOutput, type PublishedDay } from '../../engines/versions/day-output';
import { outputPlaceOf, type OutputPlace } from '../../engines/versions/open-output';

/**
 * Where the worker publishes a pipeline's days. Throws OUTPUT_FAILED if a link leads out of the data folder.
 *
 * @param data see Config.data.
 */
export async function outputPlaceIn(data: string, pipeline: Pipeline): Promise<OutputPlace> {
  // The worker also builds below it what goes elsewhere.
  await folderWithin(data, pipeline.name, 'output');
  return outputPlaceOf(pipeline, join(data, pipeline.name));
}

/** The same, of a pipeline by its name: UNKNOWN_PIPELINE and BAD_PIPELINE too. */
export async function namedOutputPlace(pipelines: string, data: string, name: string): Promise<OutputPlace> {
  return outputPlaceIn(data, await readSettings(await folderNamed(pipelines, name)));
}

const LONGEST_PATH = 4_096;

/** A built day as a caller gives it: only its folder. The files in it give the rest. */
export const builtInput = z.object({ folder: z.string().max(LONGEST_PATH) });

/**
 * The version of a day that is published now. Throws NOT_BUILT if there is none, and OUTPUT_FAILED if it is another
 * pipeline's.
 */
export async function requireCurrent(output: DayOutput, pipeline: string): Promise<PublishedDay> {
  const published = await readCurrent(output);
  if (published !== undefined) {
    refuseOthers(published, pipeline);
    return published;
  }
  const { date, place } = output;
  throw new DaybreakError('NOT_BUILT', {
    what: `${place} has no published rows of ${date}`,
    remedy: `Recompute the day first: npx daybreak batch run --pipeline ${pipeline} --date ${date}`,
  });
}

/** The same, as workflows know it. */
export async function readBuiltDay(output: DayOutput, pipeline: string): Promise<BuiltDay> {
  return builtDayOf(output, await requireCurrent(output, pipeline));
}

/** A published version as workflows know it. */
export async function builtDayOf(output: DayOutput, { version, folder, manifest }: PublishedDay): Promise<BuiltDay> {
  const { missingHours, hours, truncatedFiles: names = [], unreadFiles, damagedNeighbours = [] } = manifest;
  const counts = completeCounts(manifest.counts, hours);
  const state = await readState(output, version);
  return {
    folder,
    counts,
    missingHours,
    truncated: truncatedFiles(names, unreadFiles),
    ...(damagedNeighbours.length > 0 && { damagedNeighbours: damagedFiles(damagedNeighbours) }),
    hours,
    sources: readHours(state),
  };
}

/** Records of the day in a neighbouring hour's file count in their own hours. */
function readHours(state: BuildState | undefined): BuiltDay['sources'] {
  const hours: Record<string, Required<ReadHour>> = {};
  const add = (hour: string, read: number, quarantined: number, outsideDay: number): void => {
    const known = hours[hour] ?? { read: 0, quarantined: 0, outsideDay: 0 };
    hours[hour] = {
      read: known.read + read,
      quarantined: known.quarantined + quarantined,
      outsideDay: known.outsideDay + outsideDay,
    };
  };
  for (const { hour, read, quarantined, outsideDay, misplaced, neighbour } of state?.sources ?? []) {
    if (neighbour === undefined) add(hour, read, quarantined, outsideDay);
    else for (const [target, records] of Object.entries(misplaced)) add(target, records, 0, 0);
  }
  return hours;
}
