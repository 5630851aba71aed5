import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns/format';
import { dayInterval, type BusinessDate } from '../../domain/business-date';

/** A period of a day, in milliseconds since 1970, with one local hour: start <= instant < end. */
export interface HourSegment {
  readonly hour: string;
  readonly start: number;
  readonly end: number;
}

const QUARTER = 15 * 60_000;

let latest: { readonly key: string; readonly segments: readonly HourSegment[] } | undefined;

/**
 * A day split into its local hours, in order of time. If clocks go back, an hour that comes twice may be two segments.
 */
export function hourSegments(date: BusinessDate, timeZone: string): readonly HourSegment[] {
  const key = `${date} ${timeZone}`;
  if (latest?.key !== key) latest = { key, segments: cut(date, timeZone) };
  return latest.segments;
}

function cut(date: BusinessDate, timeZone: string): HourSegment[] {
  const { start, end } = dayInterval(date, timeZone);
  const segments: HourSegment[] = [];
  // Since 1900 every zone changes its clocks at a quarter of an hour.
  for (let at = Date.parse(start); at < Date.parse(end); at += QUARTER) {
    const hour = format(new TZDate(at, timeZone), 'HH');
    const last = segments.at(-1);
    if (last?.hour === hour) segments[segments.length - 1] = { ...last, end: at + QUARTER };
    else segments.push({ hour, start: at, end: at + QUARTER });
  }
  return segments;
}
