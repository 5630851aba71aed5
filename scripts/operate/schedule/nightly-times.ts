import { MONTHS, type CalendarSpec, type ScheduleSpec } from '@temporalio/client';
import { shiftedNights, type LocalHour } from '../../../domain/nights';

/** Temporal accepts no date after the year 2100. */
const YEARS = { first: 2026, last: 2099 };

/**
 * When the nightly run comes, so that each local day has it exactly once. It comes at the pipeline's time, except in
 * nights in which the clocks change at that time. These nights have a date and an hour of their own, as far as the
 * zone's rules are known.
 *
 * @param at HH:MM, as the pipeline's schema says.
 */
export function nightlyTimes(at: string, timeZone: string): Required<Pick<ScheduleSpec, 'calendars' | 'skip'>> {
  const [hour, minute] = at.split(':').map(Number) as [number, number]; // The pipeline's schema says HH:MM.
  const nights = shiftedNights(at, timeZone, YEARS);
  const unsafe = nights.flatMap((night) => night.unsafe);
  return {
    calendars: [
      { hour, minute, comment: `recompute the day before, every night at ${at} ${timeZone}` },
      ...byHourAndDay(nights.map(({ run }) => run)).map((dates): CalendarSpec => ({
        ...dates,
        minute: 0,
        comment: `the clocks change at ${at} of that night`,
      })),
    ],
    skip: byHourAndDay(unsafe).map((dates): CalendarSpec => ({
      ...dates,
      minute: '*',
      comment: 'the clocks skip or repeat an hour',
    })),
  };
}

/** One calendar for each hour of each day of the year, with the years for which it holds. */
function byHourAndDay(hours: readonly LocalHour[]): Pick<CalendarSpec, 'year' | 'month' | 'dayOfMonth' | 'hour'>[] {
  const years = new Map<string, Set<number>>();
  for (const { date, hour } of hours) {
    const [year = '', month = '', dayOfMonth = ''] = date.split('-');
    const key = `${month}-${dayOfMonth}-${hour}`;
    years.set(key, (years.get(key) ?? new Set()).add(Number(year)));
  }
  return [...years].map(([key, meant]) => {
    const [month = 0, dayOfMonth = 0, hour = 0] = key.split('-').map(Number);
    return { year: [...meant], month: MONTHS[month - 1] ?? 'JANUARY', dayOfMonth, hour };
  });
}
