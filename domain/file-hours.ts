import { tzOffset } from '@date-fns/tz';
import { datesBetween, dayInterval, firstInstantOf, parseBusinessDate, type BusinessDate } from './business-date';

/** A local hour, as it stands in file names and in the local text of times. */
export interface LocalHour {
  /** 'YYYY-MM-DD'. */
  readonly date: BusinessDate;
  /** '00' to '23'; '00' for a name without an hour. */
  readonly hour: string;
}

/** Which files belong to a day, and how to read their names. */
export interface FileNaming {
  /** The zone of the hours in the file names, an IANA name. */
  readonly timeZone: string;
  /** Files of this many hours before and after the day are read too. */
  readonly reachHours: number;
  /** The time that a file covers according to its name. Default 'hour'. */
  readonly unit?: 'hour' | 'day';
}

/** The local hour in which records of a file are expected, and whether it is an hour of the current day. */
export interface ExpectedHour extends LocalHour {
  readonly own: boolean;
}

/** The hours of files that may hold records of a day. */
export interface FileHours {
  /** The dates that can be in the names of these files, in order. */
  readonly dates: readonly BusinessDate[];
  /**
   * The local hour, in the pipeline's zone, in which the hour of the file name begins. The file's records are expected
   * there. `own` if that is an hour of the day, so that each file belongs to exactly one day. Undefined for a file that
   * is not read for the day.
   */
  expectedAt(named: LocalHour): ExpectedHour | undefined;
  /**
   * The local hours of the day that are not covered by files whose names have the `present` hours, in order. A partly
   * covered hour is among them.
   */
  missing(present: readonly LocalHour[]): string[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
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
    // An hour that clocks skip has no length, but a file may be named by it.
    const isReached = begin < reach.end && (over > reach.start || begin >= reach.start);
    return own || isReached ? { ...localHourAt(begin, timeZone), own } : undefined;
  }

  return {
    dates: datesBetween(
      localHourAt(reach.start - 2 * HOUR, naming.timeZone).date,
      localHourAt(reach.end, naming.timeZone).date,
    ),
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

/** An hour as text: '07' for an hour of the current day, '2026-11-22T00' for a neighbouring one. */
export function sourceHourOf({ date, hour, own }: ExpectedHour): string {
  return own ? hour : `${date}T${hour}`;
}

/** Parses the text that `sourceHourOf` wrote. `date` is the current day. */
export function parseSourceHour(text: string, date: BusinessDate): ExpectedHour {
  if (!isNeighbour(text)) return { date, hour: text, own: true };
  return { date: parseBusinessDate(text.slice(0, 10)), hour: text.slice(11), own: false };
}

export function isNeighbour(sourceHour: string): boolean {
  return sourceHour.length > 2;
}

/** The local hour of an instant (milliseconds since 1970). */
function localHourAt(at: number, timeZone: string): LocalHour {
  const local = new Date(at + tzOffset(timeZone, new Date(at)) * MINUTE).toISOString();
  return { date: local.slice(0, 10) as BusinessDate, hour: local.slice(11, 13) }; // A local day always exists.
}

/**
 * The first instant, in milliseconds since 1970, of the hour that is `later` hours after the named one. If clocks skip
 * the hour, it is the instant at which they do. An hour that comes twice begins at its first time.
 */
function firstInstant({ date, hour }: LocalHour, timeZone: string, later: number): number {
  return firstInstantOf(Date.parse(`${date}T${hour}:00:00Z`) + later * HOUR, timeZone);
}

function keyOf({ date, hour }: LocalHour): string {
  return `${date} ${hour}`;
}
