import { type BusinessDate, dayInterval } from '../../domain/business-date';

export type Rhythm = 'daily' | 'even';

/** Distinct valid events of a day. */
export const DEFAULT_EVENTS = 200_000;
/** Events a second of a live stream. */
export const DEFAULT_RATE = 100;

const HOUR = 3_600_000;

/**
 * `events` ascending instants (epoch milliseconds) over a local day: evenly, or with few at night and many in the
 * evening.
 */
export function* dayInstants(date: BusinessDate, timeZone: string, events: number, rhythm: Rhythm): Generator<number> {
  const interval = dayInterval(date, timeZone);
  const start = Date.parse(interval.start);
  const hours = (Date.parse(interval.end) - start) / HOUR;
  const weights = Array.from({ length: Math.ceil(hours) }, (_, hour) => {
    const share = Math.min(1, hours - hour);
    return share * (rhythm === 'even' ? 1 : 1 - 0.7 * Math.cos(((hour - 3) / hours) * 2 * Math.PI));
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let hour = 0;
  let before = 0;
  for (let index = 0; index < events; index++) {
    const position = ((index + 0.5) / events) * total;
    while (hour < weights.length - 1 && position >= before + (weights[hour] ?? 0)) before += weights[hour++] ?? 0;
    const share = Math.min(1, hours - hour);
    yield Math.floor(start + (hour + ((position - before) / (weights[hour] ?? 1)) * share) * HOUR);
  }
}

/** Instants from `start` on, `rate` a second, until `seconds` are over or `stopped` returns true. */
export function* liveInstants(start: number, rate: number, seconds: number, stopped: () => boolean): Generator<number> {
  for (let index = 0; index < rate * seconds && !stopped(); index++) yield Math.floor(start + (index * 1000) / rate);
}
