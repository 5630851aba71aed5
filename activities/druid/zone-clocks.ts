import type { DruidClient } from '../../clients/druid';
import type { Interval } from '../../domain/business-date';
import { clockReadings, clocksQuery, clocksRow, type ClockReading } from '../../domain/druid/zone-clocks';
import { DaybreakError } from '../../domain/errors';

/**
 * Throws DRUID_REFUSED if the clocks of the zone are others in Druid than here during a day: its own time-zone data may
 * be older. The day would be parts of two days there, and local times other instants.
 */
export async function requireSameClocks(
  { queries }: DruidClient,
  { timeZone, interval }: { readonly timeZone: string; readonly interval: Interval },
): Promise<void> {
  const readings = clockReadings(interval, timeZone);
  const shown = await clocksOf(queries, readings, timeZone);
  const index = readings.findIndex(({ local }, at) => shown[at] !== local);
  const different = readings[index];
  if (different === undefined) return;
  throw otherClocks(
    `the clocks of ${timeZone} show ${different.local} at ${new Date(different.instant).toISOString()}, but ${shown[index] ?? 'nothing'} in Druid`,
  );
}

async function clocksOf(
  queries: DruidClient['queries'],
  readings: readonly ClockReading[],
  timeZone: string,
): Promise<readonly string[]> {
  try {
    const [shown = []] = await queries.sql(clocksQuery(readings, timeZone), [], clocksRow);
    return shown;
  } catch (thrown) {
    // Druid 33 names a zone that it does not know in an answer of 500.
    const isUnknown = thrown instanceof DaybreakError && thrown.what.includes(`zone id '${timeZone}'`);
    throw isUnknown ? otherClocks(`Druid does not know the zone ${timeZone}: ${thrown.what}`) : thrown;
  }
}

function otherClocks(what: string): DaybreakError {
  return new DaybreakError('DRUID_REFUSED', {
    what,
    remedy:
      'Give every process of Druid newer time-zone data (docs/compatibility.md, “Time-zone data”), or set timeZone to a fixed zone such as Etc/GMT-5, which is five hours ahead of UTC.',
  });
}
