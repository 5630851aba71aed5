import { businessDateOf, shiftDate, type BusinessDate } from '../../domain/business-date';
import { DaybreakError, hasCode } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { dayNames } from './file-names';
import { hourOfFile, listInput, type ListedInput } from './input-files';
import type { InputPlace } from './listed-file';

/**
 * How many days back the names of files are listed. A recent day needs no list of a year, which has many files. Each day
 * costs a storage a request.
 */
const REACHES = [2, 31, 400];

/**
 * The newest local day, today included, that has files of its own, and its input. Throws NO_INPUT if none of the last
 * 400 days has one, and what `listInput` throws.
 */
export async function newestDay(
  place: InputPlace,
  pipeline: Pipeline,
  now: Date,
): Promise<{ readonly date: BusinessDate; readonly input: ListedInput }> {
  const today = businessDateOf(now, pipeline.timeZone);
  for (const reach of REACHES) {
    for (const date of await namedDays(place, pipeline, today, reach)) {
      try {
        return { date, input: await listInput(place, pipeline, date) };
      } catch (thrown) {
        // The files of a day may be named in another zone.
        if (!hasCode(thrown, 'NO_INPUT')) throw thrown;
      }
    }
  }
  throw new DaybreakError('NO_INPUT', {
    what: `${place.name} holds no file of the ${REACHES.at(-1)} days up to ${today} by the pattern ${pipeline.files.pattern}`,
    remedy: 'Check the folder and files.pattern in pipeline.yaml, or give the day with --date.',
  });
}

/** The days up to `today` of which a file may be, by the dates in the names, the newest first. */
async function namedDays(
  place: InputPlace,
  { files: { pattern } }: Pipeline,
  today: BusinessDate,
  reach: number,
): Promise<BusinessDate[]> {
  const dates = Array.from({ length: reach + 1 }, (_, back) => shiftDate(today, 1 - back));
  const names = dates.map((date) => ({ date, names: dayNames(pattern, date) }));
  const found = new Set<BusinessDate>();
  for await (const { file } of place.candidates(names)) {
    const date = hourOfFile(file, names)?.date;
    if (date === undefined) continue;
    for (const days of [-1, 0, 1]) found.add(shiftDate(date, days));
  }
  return [...found].filter((date) => date <= today).sort((one, other) => (one < other ? 1 : -1));
}
