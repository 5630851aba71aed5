import { join } from 'node:path';
import * as z from 'zod';
import type { BusinessDate } from '../../domain/business-date';
import type { BuiltDay, DayPlan, ReadHour } from '../../domain/daily-batch';
import { completeCounts } from '../../domain/day-manifest';
import { DaybreakError } from '../../domain/errors';
import { truncatedFiles } from '../../domain/gate';
import { parsePipelineName } from '../../domain/pipeline';
import { readState, type BuildState } from '../../engines/versions/build-state';
import { folderWithin } from '../../clients/storage/local/safe-path';
import { versionAt } from '../../engines/versions/day-version';
import { readPublishedDay, type PublishedDay } from '../../engines/versions/published-day';

/** The folder of a pipeline's published days. Throws UNKNOWN_PIPELINE for a name that is a path. */
export function outputFolder(data: string, pipeline: string): string {
  return join(data, parsePipelineName(pipeline), 'output');
}

const LONGEST_PATH = 4_096;

/** A built day as a caller gives it: only its folder. The files in it give the rest. */
export const builtInput = z.object({ folder: z.string().max(LONGEST_PATH) });

/** The version of a day that is published now. Throws NOT_BUILT if there is none. */
export async function readBuiltDay(output: string, date: BusinessDate): Promise<BuiltDay> {
  const published = await readPublishedDay(output, date);
  if (published === undefined) {
    throw new DaybreakError('NOT_BUILT', {
      what: `${output} has no published rows of ${date}`,
      remedy: `Recompute the day first: npx daybreak batch run --date ${date}`,
    });
  }
  return builtDayOf(published);
}

/**
 * The version of a day that a caller names by its folder, as its own files describe it. Throws OUTPUT_FAILED or
 * NOT_BUILT if it is no version of that day.
 */
export async function readNamedVersion(
  data: string,
  { pipeline, date }: Pick<DayPlan, 'pipeline' | 'date'>,
  folder: string,
): Promise<BuiltDay> {
  return builtDayOf(await versionAt(await folderWithin(data, pipeline, 'output'), date, folder));
}

async function builtDayOf({ folder, manifest }: PublishedDay): Promise<BuiltDay> {
  const { missingHours, hours, truncatedFiles: names = [], unreadFiles } = manifest;
  const counts = completeCounts(manifest.counts, hours);
  const state = await readState(folder);
  return {
    folder,
    counts,
    missingHours,
    truncated: truncatedFiles(names, unreadFiles),
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
