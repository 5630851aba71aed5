import { businessDateOf, dayInterval, hoursOfDay, shiftDate, type BusinessDate } from '../../domain/business-date';
import { isHourly } from '../../domain/file-pattern';
import { nightOf } from '../../domain/nights';
import type { Pipeline } from '../../domain/pipeline';
import { listInputIfAny, withInput, type InputOptions } from './input-files';
import type { InputPlace } from './listed-file';

const HOUR = 3_600_000;

/**
 * The first day that nights to come find whole: yesterday if its night is still to come, else today, each only if its
 * first hour has a file, or if that file need not be there yet and the day before has files; else tomorrow. A pipeline
 * that was started at noon has no files of its morning. Throws STORAGE_FAILED, STORAGE_REFUSED or UNREADABLE_INPUT if
 * the files cannot be listed.
 */
export async function firstWholeDay(
  pipeline: Pipeline,
  location: string,
  options: InputOptions,
  now = new Date(),
): Promise<BusinessDate> {
  const today = businessDateOf(now, pipeline.timeZone);
  const yesterday = shiftDate(today, -1);
  const isToCome = nightOf(yesterday, pipeline.schedule.at, pipeline.timeZone).getTime() > now.getTime();
  return withInput(location, options, async (place) => {
    for (const date of isToCome ? [yesterday, today] : [today]) {
      if (await hasFirstHour(place, pipeline, date)) return date;
      if (now.getTime() >= firstFileDue(pipeline, date)) continue;
      const before = await listInputIfAny(place, pipeline, shiftDate(date, -1));
      if (before.own.length > 0) return date;
    }
    return shiftDate(today, 1);
  });
}

async function hasFirstHour(place: InputPlace, pipeline: Pipeline, date: BusinessDate): Promise<boolean> {
  const [first = ''] = hoursOfDay(date, pipeline.timeZone);
  const { own, missingHours } = await listInputIfAny(place, pipeline, date);
  return own.length > 0 && !missingHours.includes(first);
}

/** Many shippers write a file only when its hour, or its day, is over. They have an hour for that. */
function firstFileDue({ files, timeZone }: Pipeline, date: BusinessDate): number {
  const { start, end } = dayInterval(date, timeZone);
  return (isHourly(files.pattern) ? Date.parse(start) + HOUR : Date.parse(end)) + HOUR;
}
