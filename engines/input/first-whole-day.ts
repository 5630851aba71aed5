import { businessDateOf, hoursOfDay, shiftDate, type BusinessDate } from '../../domain/business-date';
import { hasCode } from '../../domain/errors';
import { nightOf } from '../../domain/nights';
import type { Pipeline } from '../../domain/pipeline';
import { listInput, withInput, type InputOptions } from './input-files';
import type { InputPlace } from './listed-file';

/**
 * The first day that nights to come find whole: yesterday if its night is still to come, else today, each only if its
 * first hour has a file; else tomorrow. A pipeline that was started at noon has no files of its morning. Throws
 * STORAGE_FAILED, STORAGE_REFUSED or UNREADABLE_INPUT if the files cannot be listed.
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
    }
    return shiftDate(today, 1);
  });
}

async function hasFirstHour(place: InputPlace, pipeline: Pipeline, date: BusinessDate): Promise<boolean> {
  const [first = ''] = hoursOfDay(date, pipeline.timeZone);
  try {
    return !(await listInput(place, pipeline, date)).missingHours.includes(first);
  } catch (thrown) {
    if (hasCode(thrown, 'NO_INPUT')) return false;
    throw thrown;
  }
}
