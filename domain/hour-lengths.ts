import { dayInterval, instantsByHour, type BusinessDate } from './business-date';

const MINUTE = 60_000;

/**
 * The hours of a local day that are not 60 minutes long, with their minutes: where clocks go back, an hour of the day
 * lasts two hours, or one and a half. Hours that the clocks skip are absent.
 */
export function unusualHours(date: BusinessDate, timeZone: string): Readonly<Record<string, number>> {
  const lengths = [...instantsByHour(dayInterval(date, timeZone), timeZone)].map(([hour, parts]) => {
    const length = parts.reduce((sum, { start, end }) => sum + Date.parse(end) - Date.parse(start), 0);
    return [hour, length / MINUTE] as const;
  });
  return Object.fromEntries(lengths.filter(([, minutes]) => minutes !== 60));
}
