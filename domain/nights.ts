import { TZDate } from '@date-fns/tz';
import { shiftDate, type BusinessDate } from './business-date';
import { clockChanges, type ClockChange, type WallTime } from './clock-changes';

/** An hour on a wall clock. */
export interface LocalHour {
  readonly date: BusinessDate;
  /** 0 to 23. */
  readonly hour: number;
}

/**
 * A night in which the clocks change near the schedule's time, so that the run comes at another hour of the same date.
 */
export interface ShiftedNight {
  /** The full hour at which the run comes instead. */
  readonly run: LocalHour;
  /** Hours that clocks skip or repeat in that night, and the hour before a repeated one. The run is in none of them. */
  readonly unsafe: readonly LocalHour[];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * The nights from the first to the last year, both included, whose run does not come at `at` (HH:MM of the zone).
 * Temporal omits a time that clocks skip. It runs a repeated time twice, and in some zones also a time in the hour
 * before it.
 */
export function shiftedNights(at: string, timeZone: string, years: { readonly first: number; readonly last: number }) {
  const [from, to] = [Date.UTC(years.first, 0, 1), Date.UTC(years.last + 1, 0, 1)];
  const nights: ShiftedNight[] = [];
  for (const change of clockChanges(timeZone, from - DAY, to + DAY)) {
    for (const date of datesOf(change)) {
      const night = shiftedNight(at, date, change);
      if (night !== undefined && date >= dateOf(from) && date < dateOf(to)) nights.push(night);
    }
  }
  return nights;
}

/** When the nightly run of `day` is due: at `at` (HH:MM) of the day after it, or at the shifted hour of that night. */
export function nightOf(day: BusinessDate, at: string, timeZone: string): Date {
  const date = shiftDate(day, 1);
  const midnight = wallTime(date, 0);
  const changes = clockChanges(timeZone, midnight - 2 * DAY, midnight + 3 * DAY);
  const shifted = changes.map((change) => shiftedNight(at, date, change)).find((night) => night !== undefined);
  const wall = shifted === undefined ? midnight + minutesOf(at) * 60_000 : wallTime(date, shifted.run.hour);
  const shown = new Date(wall);
  const [year, month, ofMonth] = [shown.getUTCFullYear(), shown.getUTCMonth(), shown.getUTCDate()];
  const local = new TZDate(year, month, ofMonth, shown.getUTCHours(), shown.getUTCMinutes(), timeZone);
  return new Date(local.getTime());
}

function shiftedNight(at: string, date: BusinessDate, change: ClockChange): ShiftedNight | undefined {
  const { start, end } = unsafeHours(change);
  const wall = wallTime(date, 0) + minutesOf(at) * 60_000;
  if (wall < start || wall >= end) return undefined;
  // The first hour after them, or the last one before them: a run recomputes the day before its own date.
  const run = hourOf(dateOf(end) === date ? end : start - HOUR);
  const unsafe: LocalHour[] = [];
  for (let hour = start; hour < end; hour += HOUR) unsafe.push(hourOf(hour));
  return { run, unsafe };
}

/** [start, end) in whole hours of the wall clock. */
function unsafeHours({ before, after }: ClockChange): { start: WallTime; end: WallTime } {
  const start = Math.floor(Math.min(before, after) / HOUR) * HOUR;
  const end = Math.ceil(Math.max(before, after) / HOUR) * HOUR;
  return { start: after < before ? start - HOUR : start, end };
}

function datesOf(change: ClockChange): Set<BusinessDate> {
  const { start, end } = unsafeHours(change);
  return new Set([dateOf(start), dateOf(end - 1)]);
}

function hourOf(wall: WallTime): LocalHour {
  return { date: dateOf(wall), hour: new Date(wall).getUTCHours() };
}

function dateOf(wall: WallTime): BusinessDate {
  return new Date(wall).toISOString().slice(0, 10) as BusinessDate; // Every year has four digits here.
}

function wallTime(date: BusinessDate, hour: number): WallTime {
  return Date.parse(`${date}T00:00:00Z`) + hour * HOUR;
}

function minutesOf(at: string): number {
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  return hour * 60 + minute;
}
