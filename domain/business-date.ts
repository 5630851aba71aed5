import { TZDate, tzOffset } from '@date-fns/tz';
// Imported by function: loading all of date-fns takes longer than the work of a command.
import { addDays } from 'date-fns/addDays';
import { format } from 'date-fns/format';
import { isValid } from 'date-fns/isValid';
import { parse } from 'date-fns/parse';
import { DaybreakError } from './errors';

const MINUTE = 60_000;
const QUARTER_HOUR = 15 * MINUTE;
const DAY = 24 * 60 * MINUTE;

/** A local calendar day, 'YYYY-MM-DD', that is known to exist. */
export type BusinessDate = string & { readonly __brand: 'BusinessDate' };

/** Half-open interval of instants, ISO 8601 in UTC: [start, end). */
export interface Interval {
  readonly start: string;
  readonly end: string;
}

/** Whether `text` is 'YYYY-MM-DD' and that day exists. */
export function isBusinessDate(text: string): text is BusinessDate {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && isValid(parse(text, 'yyyy-MM-dd', new Date(0)));
}

/** Parses 'YYYY-MM-DD'. Throws BAD_DATE for anything else, also for days such as 2026-02-30. */
export function parseBusinessDate(text: string): BusinessDate {
  if (!isBusinessDate(text)) {
    throw new DaybreakError('BAD_DATE', {
      // A terminal would act on control characters.
      what: `${JSON.stringify(text).replace(/^"|"$/g, "'")} is not a calendar day`,
      remedy: 'Give a day as YYYY-MM-DD, such as 2026-11-21.',
    });
  }
  return text;
}

/** The local day in `timeZone` (IANA name) that holds `instant`. */
export function businessDateOf(instant: Date, timeZone: string): BusinessDate {
  // No TZDate here: the workflow sandbox replaces Date, and there a subclass of Date silently loses its zone.
  const local = new Date(instant.getTime() + tzOffset(timeZone, instant) * 60_000);
  return local.toISOString().slice(0, 10) as BusinessDate;
}

/** The day `days` after `date`, or before it if `days` is negative. */
export function shiftDate(date: BusinessDate, days: number): BusinessDate {
  return format(addDays(parse(date, 'yyyy-MM-dd', new Date(0)), days), 'yyyy-MM-dd') as BusinessDate;
}

/** The days from the first to the last, both included, in order. */
export function datesBetween(first: BusinessDate, last: BusinessDate): BusinessDate[] {
  const dates: BusinessDate[] = [];
  for (let date = first; date <= last; date = shiftDate(date, 1)) dates.push(date);
  return dates;
}

/** The instants of a local day: 23 to 25 hours long if the zone has daylight saving. */
export function dayInterval(date: BusinessDate, timeZone: string): Interval {
  return { start: startOfDay(date, timeZone), end: startOfDay(shiftDate(date, 1), timeZone) };
}

/**
 * Throws BAD_DATE for a day that is not over at `now` in its zone: today, whose rows realtime still takes, and later
 * days.
 */
export function requireOver(date: BusinessDate, timeZone: string, now: Date): void {
  if (now >= new Date(dayInterval(date, timeZone).end)) return;
  const yesterday = shiftDate(businessDateOf(now, timeZone), -1);
  throw new DaybreakError('BAD_DATE', {
    what: `${date} is not over yet in ${timeZone}, where it is ${businessDateOf(now, timeZone)}`,
    remedy: `Give a day that is over, up to ${yesterday}.`,
  });
}

/** The first one, if clocks go back to midnight or across it. */
function startOfDay(date: BusinessDate, timeZone: string): string {
  return new Date(firstInstantOf(Date.parse(`${date}T00:00:00Z`), timeZone)).toISOString();
}

/**
 * The first instant, in milliseconds since 1970, at which the zone's clocks show a local time or, if they skip it, a
 * later one.
 *
 * @param local the local time as if it were UTC, in milliseconds since 1970.
 */
export function firstInstantOf(local: number, timeZone: string): number {
  const shownAt = (at: number): number => at + tzOffset(timeZone, new Date(at)) * MINUTE;
  const [dayBefore, dayAfter] = [local - DAY, local + DAY];
  // If clocks change nearby, the instants by the offsets of before and after the change.
  const byBefore = local - (shownAt(dayBefore) - dayBefore);
  const byAfter = local - (shownAt(dayAfter) - dayAfter);
  const shown = [byBefore, byAfter].filter((at) => shownAt(at) === local);
  if (shown.length > 0) return Math.min(...shown);
  // A skipped time: the clocks change after the one instant, and at the other one at the latest.
  let at = byAfter;
  while (at < byBefore && shownAt(at) < local) at += MINUTE;
  return at;
}

/**
 * The local hours of a day, '00' to '23', each once and in order. An hour that the zone skips is left out. An hour that
 * the zone repeats is one hour here, as it is one file for fluentd.
 */
export function hoursOfDay(date: BusinessDate, timeZone: string): string[] {
  const { start, end } = dayInterval(date, timeZone);
  const hours = new Set<string>();
  // Where clocks go from 2:45 to 3:45, as on the Chatham Islands, the hour 03 has a quarter.
  for (let at = Date.parse(start); at < Date.parse(end); at += QUARTER_HOUR) {
    hours.add(format(new TZDate(at, timeZone), 'HH'));
  }
  return [...hours];
}

/**
 * The instants of an interval by local hour, '00' to '23', in order. An hour that the zone repeats has two intervals if
 * others lie between.
 */
export function instantsByHour({ start, end }: Interval, timeZone: string): Map<string, Interval[]> {
  const hours = new Map<string, Interval[]>();
  // Zones differ from UTC by whole quarters of an hour.
  for (let at = Date.parse(start); at < Date.parse(end); at += QUARTER_HOUR) {
    // A TZDate would ask for the offset several times, and a report asks for each quarter of hundreds of days.
    const hour = new Date(at + tzOffset(timeZone, new Date(at)) * 60_000).toISOString().slice(11, 13);
    const from = new Date(at).toISOString();
    const to = new Date(Math.min(at + QUARTER_HOUR, Date.parse(end))).toISOString();
    const before = hours.get(hour) ?? [];
    const last = before.at(-1);
    const isNext = last?.end === from;
    hours.set(
      hour,
      isNext ? [...before.slice(0, -1), { start: last.start, end: to }] : [...before, { start: from, end: to }],
    );
  }
  return hours;
}

/**
 * The parts of an interval within which the zone's clocks do not change, in order, each with what local time is ahead
 * of UTC there, in milliseconds.
 */
export function constantOffsets(
  { start, end }: Interval,
  timeZone: string,
): (Interval & { readonly aheadMilliseconds: number })[] {
  const parts: (Interval & { readonly aheadMilliseconds: number })[] = [];
  for (let at = Date.parse(start); at < Date.parse(end); at += QUARTER_HOUR) {
    const aheadMilliseconds = tzOffset(timeZone, new Date(at)) * 60_000;
    const to = new Date(Math.min(at + QUARTER_HOUR, Date.parse(end))).toISOString();
    const last = parts.at(-1);
    if (last?.aheadMilliseconds === aheadMilliseconds) parts[parts.length - 1] = { ...last, end: to };
    else parts.push({ start: new Date(at).toISOString(), end: to, aheadMilliseconds });
  }
  return parts;
}

const WEEK = 7 * DAY;

const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;

/** Whether the zone database has the name. No other text is accepted: date-fns takes any text that holds an offset. */
export function isTimeZone(timeZone: string): boolean {
  if (!ZONE_NAME.test(timeZone)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const FIXED_OFFSET = /^(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?$/;

/** The time zones that are accepted, for the message about a value that is none. Some offsets are zones, too. */
export function zonesInsteadOf(text: unknown, example: string): string {
  const [, sign, hours, minutes = '00'] = FIXED_OFFSET.exec(String(text)) ?? [];
  if (sign === undefined || hours === undefined) return `an IANA time zone, such as ${example}`;
  const written = `${sign}${hours.padStart(2, '0')}:${minutes}`;
  // Etc/GMT-9 is nine hours ahead of UTC.
  const fixed = Number(hours) === 0 ? 'UTC' : `Etc/GMT${sign === '+' ? '-' : '+'}${Number(hours)}`;
  return minutes === '00' && isTimeZone(fixed)
    ? `an IANA time zone, such as ${fixed}, which is ${written} all year`
    : 'an IANA time zone: that of a place, such as Asia/Kolkata for +05:30';
}

/**
 * Whether two names are of zones with the same clocks, compared once a week from 1970 to 2099: zones have aliases, and
 * merge.
 */
export function isSameZone(one: string, other: string): boolean {
  if (one === other) return true;
  const [first, last] = [Date.UTC(1970, 0, 1), Date.UTC(2100, 0, 1)];
  for (let at = first; at < last; at += WEEK) {
    if (tzOffset(one, new Date(at)) !== tzOffset(other, new Date(at))) return false;
  }
  return true;
}
