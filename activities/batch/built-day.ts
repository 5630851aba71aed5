import { join } from 'node:path';
import type { BusinessDate } from '../../domain/business-date';
import type { BuiltDay } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { parsePipelineName } from '../../domain/pipeline';
import { readState } from '../../engines/build-state';
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
  const { counts, missingHours, hours } = manifest;
  const state = await readState(folder);
  const sources = Object.fromEntries(
    (state?.sources ?? []).map(({ hour, read, quarantined }) => [hour, { read, quarantined }]),
  );
  return { folder, counts, missingHours, hours, sources };
}
