import * as z from 'zod';
import { constantOffsets, type Interval } from '../business-date';
import { sqlText } from './quoting';

/** What the clocks of a zone show at an instant. */
export interface ClockReading {
  /** Milliseconds since 1970. */
  readonly instant: number;
  /** Local time, for example '2026-11-21 00:00:00'. */
  readonly local: string;
}

const QUARTER_HOUR = 15 * 60_000;
const SECOND = 1_000;

/**
 * What the clocks show just before and at the start and the end of a day, and wherever they change within it. Clocks
 * that show the same have the same day, and read the same instants from local text.
 */
export function clockReadings({ start, end }: Interval, timeZone: string): ClockReading[] {
  const [from, to] = [Date.parse(start), Date.parse(end)];
  const around = {
    start: new Date(from - QUARTER_HOUR).toISOString(),
    end: new Date(to + QUARTER_HOUR).toISOString(),
  };
  return constantOffsets(around, timeZone).flatMap((part) => {
    const [first, beyond] = [Date.parse(part.start), Date.parse(part.end)];
    return [first, from - SECOND, from, to - SECOND, to, beyond - SECOND]
      .filter((instant) => instant >= Math.max(first, from - SECOND) && instant < Math.min(beyond, to + SECOND))
      .map((instant) => ({ instant, local: localText(instant + part.aheadMilliseconds) }));
  });
}

/** @param local local time, in milliseconds as if it were of UTC. */
function localText(local: number): string {
  return new Date(local).toISOString().slice(0, 19).replace('T', ' ');
}

/** A query of one row: what Druid's clocks show at these instants, in their order. */
export function clocksQuery(readings: readonly ClockReading[], timeZone: string): string {
  const shown = readings.map(
    ({ instant }, index) =>
      `TIME_FORMAT(MILLIS_TO_TIMESTAMP(${instant}), 'yyyy-MM-dd HH:mm:ss', ${sqlText(timeZone)}) AS c${index}`,
  );
  return `SELECT ${shown.join(', ')}`;
}

export const clocksRow = z.record(z.string(), z.string()).transform((row) => Object.values(row));
