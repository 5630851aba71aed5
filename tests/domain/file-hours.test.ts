import { businessDateOf, dayInterval, parseBusinessDate, shiftDate } from '../../domain/business-date';
import { fileHours, type LocalHour } from '../../domain/file-hours';

const named = (date: string, hour: string): LocalHour => ({ date: parseBusinessDate(date), hour });
const at = (instant: Date, timeZone: string): LocalHour => {
  const [date = '', hour = ''] = instant.toLocaleString('sv-SE', { timeZone, hourCycle: 'h23' }).split(/[ :]/);
  return named(date, hour);
};

describe('a day whose files are named in its own zone', () => {
  const hours = fileHours(parseBusinessDate('2026-11-21'), 'Asia/Seoul', { timeZone: 'Asia/Seoul', reachHours: 1 });

  it('has the files of its 24 hours, and reads the hour before and the hour after', () => {
    expect(hours.dates).toContain('2026-11-20');
    expect(hours.expectedAt(named('2026-11-21', '00'))).toEqual({ ...named('2026-11-21', '00'), own: true });
    expect(hours.expectedAt(named('2026-11-21', '23'))).toEqual({ ...named('2026-11-21', '23'), own: true });
    expect(hours.expectedAt(named('2026-11-20', '23'))).toEqual({ ...named('2026-11-20', '23'), own: false });
    expect(hours.expectedAt(named('2026-11-22', '00'))).toEqual({ ...named('2026-11-22', '00'), own: false });
    expect(hours.expectedAt(named('2026-11-22', '01'))).toBeUndefined();
    expect(hours.expectedAt(named('2026-11-20', '22'))).toBeUndefined();
  });

  it('misses the hours that no file has in its name', () => {
    const present = ['00', '01', '03'].map((hour) => named('2026-11-21', hour));
    expect(hours.missing([...present, named('2026-11-22', '02')])).toEqual(
      Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0')).filter(
        (hour) => !['00', '01', '03'].includes(hour),
      ),
    );
  });
});

it('has the file of an hour in that hour also where clocks skip only its beginning, and one that they skip behind', () => {
  // On the Chatham Islands 02:45 becomes 03:45.
  const chatham = { timeZone: 'Pacific/Chatham', reachHours: 1 };
  const hours = fileHours(parseBusinessDate('2025-09-28'), chatham.timeZone, chatham);
  for (const hour of ['02', '03', '04']) {
    expect(hours.expectedAt(named('2025-09-28', hour))).toEqual({ ...named('2025-09-28', hour), own: true });
  }
  const newYork = { timeZone: 'America/New_York', reachHours: 1 };
  const skipped = fileHours(parseBusinessDate('2026-03-08'), newYork.timeZone, newYork);
  expect(skipped.expectedAt(named('2026-03-08', '02'))).toEqual({ ...named('2026-03-08', '03'), own: true });
});

it('reads no other hour where the reach is 0', () => {
  const hours = fileHours(parseBusinessDate('2026-11-21'), 'UTC', { timeZone: 'UTC', reachHours: 0 });
  expect(hours.expectedAt(named('2026-11-22', '00'))).toBeUndefined();
  expect(hours.expectedAt(named('2026-11-20', '23'))).toBeUndefined();
});

it('has the files of the days in UTC where their names are in UTC', () => {
  const hours = fileHours(parseBusinessDate('2026-11-21'), 'Asia/Seoul', { timeZone: 'UTC', reachHours: 1 });
  expect(hours.expectedAt(named('2026-11-20', '15'))).toEqual({ ...named('2026-11-21', '00'), own: true });
  expect(hours.expectedAt(named('2026-11-21', '14'))).toEqual({ ...named('2026-11-21', '23'), own: true });
  expect(hours.expectedAt(named('2026-11-21', '15'))).toEqual({ ...named('2026-11-22', '00'), own: false });
  expect(hours.missing([named('2026-11-20', '15')])).toHaveLength(23);
});

it('reads a file that lies in two days for both, also without a reach, and misses it in both', () => {
  const naming = { timeZone: 'UTC', reachHours: 0 };
  const [first, second] = ['2026-11-21', '2026-11-22'].map((date) =>
    fileHours(parseBusinessDate(date), 'Asia/Kolkata', naming),
  );
  const between = named('2026-11-21', '18'); // 23:30 to 00:30 in Kolkata.
  expect(first?.expectedAt(between)).toEqual({ ...named('2026-11-21', '23'), own: true });
  expect(second?.expectedAt(between)).toEqual({ ...named('2026-11-21', '23'), own: false });
  expect([first?.missing([]).includes('23'), second?.missing([]).includes('00')]).toEqual([true, true]);
});

it('takes a file for an hour that clocks skip, and one for an hour that comes twice', () => {
  const skipping = fileHours(parseBusinessDate('2027-04-30'), 'Africa/Cairo', {
    timeZone: 'Africa/Cairo',
    reachHours: 0,
  });
  expect(skipping.expectedAt(named('2027-04-30', '00'))).toEqual({ ...named('2027-04-30', '01'), own: true });
  const twice = { timeZone: 'UTC', reachHours: 0 };
  const repeating = fileHours(parseBusinessDate('2026-11-01'), 'America/New_York', twice);
  for (const hour of ['05', '06']) {
    expect(repeating.expectedAt(named('2026-11-01', hour))).toEqual({ ...named('2026-11-01', '01'), own: true });
  }
  expect(repeating.missing([named('2026-11-01', '05')])).toContain('01');
});

const ZONES = [
  'UTC',
  'Asia/Seoul',
  'America/New_York',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'Asia/Kathmandu',
  'Pacific/Apia',
];

it.each(ZONES)(
  'gives every hour of files to exactly one day of %s, and to each day in which it has instants',
  (zone) => {
    for (const names of ZONES) {
      for (const around of ['2026-12-31', '2026-03-08', '2026-11-01', '2026-04-05', '2026-10-04', '2027-04-30']) {
        const dates = [-2, -1, 0, 1, 2].map((days) => shiftDate(parseBusinessDate(around), days));
        const days = new Map(dates.map((date) => [date, fileHours(date, zone, { timeZone: names, reachHours: 0 })]));
        const start = Date.parse(dayInterval(shiftDate(dates[2]!, -1), zone).start);
        const end = Date.parse(dayInterval(shiftDate(dates[2]!, 1), zone).end);
        for (let instant = start; instant < end; instant += 2_700_000) {
          const file = at(new Date(instant), names);
          const places = [...days].map(([date, hours]) => ({ date, place: hours.expectedAt(file) }));
          expect(places.filter(({ place }) => place?.own === true)).toHaveLength(1);
          expect(days.get(businessDateOf(new Date(instant), zone))?.expectedAt(file)).toBeDefined();
          expect(days.get(businessDateOf(new Date(instant), zone))?.dates).toContain(file.date);
        }
      }
    }
  },
);
