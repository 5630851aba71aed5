import { tzOffset } from '@date-fns/tz';
import { dayInterval, parseBusinessDate, shiftDate, type BusinessDate } from './business-date';

/** A local hour, as names of files and the local text of times have it. */
export interface LocalHour {
  /** 'YYYY-MM-DD'. */
  readonly date: BusinessDate;
  /** '00' to '23'; of a name without an hour '00'. */
  readonly hour: string;
}

/** Which files belong to a day, and how their names are to be read. */
export interface FileNaming {
  /** The zone in which the names of the files count, an IANA name. */
  readonly timeZone: string;
  /** Files of so many hours before and after the day are read too. */
  readonly reachHours: number;
  /** What a file covers by its name. Default 'hour'. */
  readonly unit?: 'hour' | 'day';
}

/** The local hour in which records of a file are expected, and whether it is an hour of the day at hand. */
export interface ExpectedHour extends LocalHour {
  readonly own: boolean;
}

/** The hours of files that may hold records of a day. */
export interface FileHours {
  /** The dates that can stand in the names of these files, in order. */
  readonly dates: readonly BusinessDate[];
  /**
   * Where the records of a file with this hour in its name are expected: the local hour, in the pipeline's zone, in which
   * the file's hour begins. `own` where that is an hour of the day, so that each file is one day's own. Undefined for a
   * file that is not read for the day.
   */
  expectedAt(named: LocalHour): ExpectedHour | undefined;
  /**
   * The local hours of the day that are not covered by files whose names have the `present` hours, in order.
   * An hour that is covered in part is among them.
   */
  missing(present: readonly LocalHour[]): string[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Every zone changes its clocks at a quarter of an hour. */
const QUARTER = 15 * MINUTE;

/** The hours of files for a day in `timeZone`, whose files are named in the zone of `naming`. */
export function fileHours(date: BusinessDate, timeZone: string, naming: FileNaming): FileHours {
  const { start, end } = dayInterval(date, timeZone);
  const day = { start: Date.parse(start), end: Date.parse(end) };
  const reach = { start: day.start - naming.reachHours * HOUR, end: day.end + naming.reachHours * HOUR };
  const known = new Map<string, ExpectedHour | undefined>();

  function place(named: LocalHour): ExpectedHour | undefined {
    const begin = firstInstant(named, naming.timeZone, 0);
    const over = firstInstant(named, naming.timeZone, naming.unit === 'day' ? 24 : 1);
    const own = begin >= day.start && begin < day.end;
    // An hour that clocks skip has no length, but somebody may name a file by it.
    const isReached = begin < reach.end && (over > reach.start || begin >= reach.start);
    return own || isReached ? { ...localHourAt(begin, timeZone), own } : undefined;
  }

  return {
    dates: datesBetween(localHourAt(reach.start - 2 * HOUR, naming.timeZone), localHourAt(reach.end, naming.timeZone)),
    expectedAt(named) {
      const key = keyOf(named);
      if (!known.has(key)) known.set(key, place(named));
      return known.get(key);
    },
    missing(present) {
      const names = new Set(present.map(keyOf));
      const missing = new Set<string>();
      for (let at = day.start; at < day.end; at += QUARTER) {
        const named = localHourAt(at, naming.timeZone);
        const key = keyOf(naming.unit === 'day' ? { ...named, hour: '00' } : named);
        if (!names.has(key)) missing.add(localHourAt(at, timeZone).hour);
      }
      return [...missing];
    },
  };
}

/** An hour as text: '07' for one of the day at hand, '2026-11-22T00' for a neighbouring one. */
export function sourceHourOf({ date, hour, own }: ExpectedHour): string {
  return own ? hour : `${date}T${hour}`;
}

/** Reads what `sourceHourOf` wrote; `date` is the day at hand. */
export function parseSourceHour(text: string, date: BusinessDate): ExpectedHour {
  if (!isNeighbour(text)) return { date, hour: text, own: true };
  return { date: parseBusinessDate(text.slice(0, 10)), hour: text.slice(11), own: false };
}

export function isNeighbour(sourceHour: string): boolean {
  return sourceHour.length > 2;
}

/** The local hour of an instant, in milliseconds since 1970. */
function localHourAt(at: number, timeZone: string): LocalHour {
  const local = new Date(at + tzOffset(timeZone, new Date(at)) * MINUTE).toISOString();
  return { date: local.slice(0, 10) as BusinessDate, hour: local.slice(11, 13) }; // A local day of an instant exists.
}

/**
 * The first instant, in milliseconds since 1970, of the hour that is `later` hours after the named one. Where clocks skip
 * it: the instant at which they do. An hour that comes twice begins where it comes first.
 */
function firstInstant({ date, hour }: LocalHour, timeZone: string, later: number): number {
  const local = Date.parse(`${date}T${hour}:00:00Z`) + later * HOUR;
  const offsetAt = (at: number): number => tzOffset(timeZone, new Date(at)) * MINUTE;
  const before = local - offsetAt(local - DAY);
  const after = local - offsetAt(local + DAY);
  const existing = [before, after].filter((at) => at + offsetAt(at) === local);
  return existing.length === 0 ? before : Math.min(...existing);
}

function datesBetween(first: LocalHour, last: LocalHour): BusinessDate[] {
  const dates: BusinessDate[] = [];
  for (let { date } = first; date <= last.date; date = shiftDate(date, 1)) dates.push(date);
  return dates;
}

function keyOf({ date, hour }: LocalHour): string {
  return `${date} ${hour}`;
}
