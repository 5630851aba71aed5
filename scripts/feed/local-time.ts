import { tzOffset } from '@date-fns/tz';

const QUARTER_HOUR = 900_000;

/**
 * Writes instants (epoch milliseconds) as local 'yyyy-MM-dd HH:mm:ss' in a zone. A feed needs millions of ascending
 * instants, so the zone's offset is computed once a quarter of an hour, the finest step at which offsets change.
 */
export function localTimeFormatter(timeZone: string): (instant: number) => string {
  const offsetAt = offsetFinder(timeZone);
  let second = NaN;
  let text = '';
  return (instant) => {
    if (Math.floor(instant / 1000) !== second) {
      second = Math.floor(instant / 1000);
      text = new Date(instant + offsetAt(instant) * 60_000).toISOString().slice(0, 19).replace('T', ' ');
    }
    return text;
  };
}

/** The same as 'yyyy-MM-ddTHH:mm:ss.SSS+0100'. */
export function offsetTimeFormatter(timeZone: string): (instant: number) => string {
  const offsetAt = offsetFinder(timeZone);
  return (instant) => {
    const offset = offsetAt(instant);
    const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
    const digits = [hours, minutes].map((part) => String(part).padStart(2, '0')).join('');
    return `${new Date(instant + offset * 60_000).toISOString().slice(0, -1)}${offset < 0 ? '-' : '+'}${digits}`;
  };
}

/** The zone's offset at an instant, in minutes. */
function offsetFinder(timeZone: string): (instant: number) => number {
  let quarter = NaN;
  let offset = 0;
  return (instant) => {
    if (Math.floor(instant / QUARTER_HOUR) !== quarter) {
      quarter = Math.floor(instant / QUARTER_HOUR);
      offset = tzOffset(timeZone, new Date(instant));
    }
    return offset;
  };
}

/** Fluentd's %Y%m%d.%H of a local time. */
export function hourOf(localTime: string): string {
  return `${localTime.slice(0, 4)}${localTime.slice(5, 7)}${localTime.slice(8, 10)}.${localTime.slice(11, 13)}`;
}
