import { join } from 'node:path';
import type { BusinessDate } from '../../domain/business-date';
import type { BuiltDay, ReadHour } from '../../domain/daily-batch';
import { completeCounts } from '../../domain/day-manifest';
import { DaybreakError } from '../../domain/errors';
import { truncatedFiles } from '../../domain/gate';
import { parsePipelineName } from '../../domain/pipeline';
import { readState, type BuildState } from '../../engines/build-state';
import { readPublishedDay } from '../../engines/published-day';

/** Where a pipeline's published days are. Throws UNKNOWN_PIPELINE for a name that is a path. */
export function outputFolder(data: string, pipeline: string): string {
  return join(data, parsePipelineName(pipeline), 'output');
}

/** The published version of a day as it is now. Throws NOT_BUILT where there is none. */
export async function readBuiltDay(output: string, date: BusinessDate): Promise<BuiltDay> {
  const published = await readPublishedDay(output, date);
  if (published === undefined) {
    throw new DaybreakError('NOT_BUILT', {
      what: `${output} holds no published rows of ${date}`,
      remedy: `Recompute the day first: npx daybreak batch run --date ${date}`,
    });
  }
  const { folder, manifest } = published;
  const { missingHours, hours, truncatedFiles: names = [] } = manifest;
  const counts = completeCounts(manifest.counts, hours);
  const state = await readState(folder);
  return { folder, counts, missingHours, truncated: truncatedFiles(names), hours, sources: readHours(state) };
}

/** What a neighbouring hour had of the day counts in the hours of its records. */
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
  for (const { hour, read, quarantined, outsideDay, strays, neighbour } of state?.sources ?? []) {
    if (neighbour === undefined) add(hour, read, quarantined, outsideDay);
    else for (const [target, records] of Object.entries(strays)) add(target, records, 0, 0);
  }
  return hours;
}
