import { tzOffset } from '@date-fns/tz';

/** Local times of one date that a zone skips: from <= time < to, as 'HH:mm:ss'. '24:00:00' is the end of the date. */
export interface LocalGap {
  /** 'YYYY-MM-DD'. */
  readonly date: string;
  readonly from: string;
  readonly to: string;
}

/** The years whose local times Daybreak knows. A time outside them is bad. */
export const FIRST_YEAR = 1900;
export const LAST_YEAR = 2099;

/** Whether a date, 'YYYY-MM-DD', is in these years. */
export function isKnownDate(date: string): boolean {
  return date >= `${FIRST_YEAR}-01-01` && date <= `${LAST_YEAR}-12-31`;
}

const MINUTE = 60_000;
const WEEK = 7 * 24 * 60 * MINUTE;

const known = new Map<string, readonly LocalGap[]>();

/** Every local time that does not exist in the zone because its clocks were put forward, in order. */
export function localGaps(timeZone: string): readonly LocalGap[] {
  const gaps = known.get(timeZone) ?? findGaps(timeZone);
  known.set(timeZone, gaps);
  return gaps;
}

function findGaps(timeZone: string): LocalGap[] {
  const offset = (at: number): number => tzOffset(timeZone, new Date(at));
  const end = Date.UTC(LAST_YEAR + 1, 0, 1);
  const gaps: LocalGap[] = [];
  const start = Date.UTC(FIRST_YEAR, 0, 1);
  let before = offset(start);
  for (let at = start; at < end; at += WEEK) {
    const after = offset(at + WEEK);
    if (after !== before) {
      const change = firstChange(offset, at, at + WEEK);
      gaps.push(...byDate(change + before * MINUTE, change + offset(change) * MINUTE));
    }
    before = after;
  }
  return gaps;
}

/** The first instant, to the second, whose offset differs from that of `from`. */
function firstChange(offset: (at: number) => number, from: number, to: number): number {
  let [before, after] = [from, to];
  while (after - before > 1000) {
    const middle = before + Math.floor((after - before) / 2000) * 1000;
    if (offset(middle) === offset(from)) before = middle;
    else after = middle;
  }
  return after;
}

/** Splits a gap, given as if local times were UTC, at midnight. Empty if the clocks were put back. */
function byDate(from: number, to: number): LocalGap[] {
  if (to <= from) return [];
  const [date = '', time = ''] = new Date(from).toISOString().split('T');
  const midnight = Date.parse(`${date}T00:00:00Z`) + 24 * 60 * MINUTE;
  const gapEnd = to >= midnight ? '24:00:00' : new Date(to).toISOString().slice(11, 19);
  return [{ date, from: time.slice(0, 8), to: gapEnd }, ...byDate(midnight, to)];
}
