import { msNumberToTs, requiredTsToDate } from '@temporalio/common/lib/time';
import { tzOffset } from '@date-fns/tz';
import {
  businessDateOf,
  datesBetween,
  parseBusinessDate,
  shiftDate,
  type BusinessDate,
} from '../../../../domain/business-date';
import { clockChanges, type ClockChange } from '../../../../domain/clock-changes';
import { nightOf } from '../../../../domain/nights';
import { nightlyTimes } from '../../../../scripts/operate/schedule/nightly-times';
import { useTemporal } from '../../../workflows/environment';

const temporal = useTemporal();

const FIRST = parseBusinessDate('2026-11-26');
const LAST = parseBusinessDate('2031-12-31');
/** Temporal lists at most a thousand. */
const DAYS_PER_LIST = 900;
/** Every day that can be listed. */
const CALENDAR = datesBetween(shiftDate(FIRST, -1), shiftDate(LAST, DAYS_PER_LIST));

interface Zone {
  readonly zone: string;
  readonly changes: readonly ClockChange[];
}

/** One zone for each way in which clocks change within the five years. */
function zonesThatDiffer(): Zone[] {
  const zones = new Map<string, Zone>();
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    const changes = clockChanges(zone, Date.parse(FIRST), Date.parse(LAST));
    // The side of Greenwich decides which of two instants Temporal takes for a repeated time.
    const key = JSON.stringify([changes, Math.sign(tzOffset(zone, new Date(FIRST)))]);
    if (changes.length > 0 && !zones.has(key)) zones.set(key, { zone, changes });
  }
  return [...zones.values()];
}

/** Times of the clock in the hours around the changes, and the default time. */
function hardTimes({ changes }: Zone): string[] {
  const hours = changes.flatMap(({ before, after }) => {
    const first = Math.floor(Math.min(before, after) / 3_600_000);
    const last = Math.floor((Math.max(before, after) - 1) / 3_600_000);
    return Array.from({ length: last - first + 3 }, (_, index) => (first - 1 + index) % 24);
  });
  const times = [...new Set(hours)].map((hour) => `${String(hour).padStart(2, '0')}:30`);
  return [...new Set(['00:30', ...times])].sort();
}

let schedules = 0;
/** The instants at which Temporal runs a schedule with that zone and time, from the first to the last day. */
async function timesOf(zone: string, at: string): Promise<Date[]> {
  const { client } = temporal;
  schedules += 1;
  const handle = await client.schedule.create({
    scheduleId: `nightly-times-${schedules}`,
    spec: { ...nightlyTimes(at, zone), timezone: zone },
    action: { type: 'startWorkflow', workflowType: 'nightlyBatch', taskQueue: 'nobody' },
    state: { paused: true },
  });
  const times: Date[] = [];
  for (let from: BusinessDate = FIRST; from < LAST; from = shiftDate(from, DAYS_PER_LIST)) {
    const listed = (await client.workflowService.listScheduleMatchingTimes({
      namespace: client.options.namespace,
      scheduleId: handle.scheduleId,
      startTime: msNumberToTs(Date.parse(from)),
      endTime: msNumberToTs(Date.parse(shiftDate(from, DAYS_PER_LIST)) - 1),
    })) satisfies { readonly startTime: readonly object[] };
    times.push(...listed.startTime.map((time) => requiredTsToDate(time, 'startTime')));
  }
  await handle.delete();
  return times;
}

it.each(zonesThatDiffer().map((zone) => [zone.zone, zone] as const))(
  'runs every local day of five years exactly once in %s, at any time, and when nightOf says',
  async (_, zone) => {
    for (const at of hardTimes(zone)) {
      const times = await timesOf(zone.zone, at);
      const dates = times.map((time) => businessDateOf(time, zone.zone));
      const wanted = CALENDAR.slice(CALENDAR.indexOf(dates[0] ?? FIRST), CALENDAR.indexOf(dates.at(-1) ?? FIRST) + 1);
      expect(wanted.length).toBeGreaterThan(1_800);
      expect([at, dates]).toEqual([at, wanted]);
      const near = zone.changes.flatMap(({ before }) => [-1, 0, 1].map((days) => before + days * 86_400_000));
      const ofInterest = new Set(near.map((wall) => new Date(wall).toISOString().slice(0, 10)));
      const pairs = times.filter((_, index) => ofInterest.has(dates[index] ?? ''));
      expect(pairs.map((time) => nightOf(shiftDate(businessDateOf(time, zone.zone), -1), at, zone.zone))).toEqual(
        pairs,
      );
    }
  },
);
