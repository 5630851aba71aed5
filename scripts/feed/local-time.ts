import { tzOffset } from '@date-fns/tz';

const QUARTER_HOUR = 900_000;

/**
 * Writes instants (epoch milliseconds) as local 'yyyy-MM-dd HH:mm:ss' in a zone. A feed needs millions of ascending
 * instants, so the zone's offset is computed once a quarter of an hour, the finest step at which offsets change.
 */
export function localTimeFormatter(timeZone: string): (instant: number) => string {
  let quarter = NaN;
  let offset = 0;
  let second = NaN;
  let text = '';
  return (instant) => {
    if (Math.floor(instant / QUARTER_HOUR) !== quarter) {
      quarter = Math.floor(instant / QUARTER_HOUR);
      offset = tzOffset(timeZone, new Date(instant)) * 60_000;
    }
    if (Math.floor(instant / 1000) !== second) {
      second = Math.floor(instant / 1000);
      text = new Date(instant + offset).toISOString().slice(0, 19).replace('T', ' ');
    }
    return text;
  };
}

/** Fluentd's %Y%m%d.%H of a local time. */
export function hourOf(localTime: string): string {
  return `${localTime.slice(0, 4)}${localTime.slice(5, 7)}${localTime.slice(8, 10)}.${localTime.slice(11, 13)}`;
}
