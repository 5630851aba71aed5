import { tzOffset } from '@date-fns/tz';
import {
  businessDateOf,
  dayInterval,
  hoursOfDay,
  instantsByHour,
  isSameZone,
  isTimeZone,
  parseBusinessDate,
  requireOver,
  shiftDate,
  zonesInsteadOf,
} from '../../domain/business-date';

describe('parseBusinessDate', () => {
  it.each(['2026-11-21', '2024-02-29', '2026-12-31'])('accepts the day %s', (text) => {
    expect(parseBusinessDate(text)).toBe(text);
  });

  it.each(['2026-02-30', '2025-02-29', '2026-13-01', '26-11-21', '2026-1-1', 'yesterday', '', '2026-11-21T00:00:00'])(
    'refuses %j, naming it and the form',
    (text) => {
      expect(() => parseBusinessDate(text)).toThrow(/BAD_DATE: '.*' is not a calendar day.*YYYY-MM-DD/);
    },
  );
});

describe('dayInterval', () => {
  it.each([
    ['Asia/Seoul', '2026-11-21', '2026-11-20T15:00:00.000Z', '2026-11-21T15:00:00.000Z', 24],
    ['America/New_York', '2026-03-08', '2026-03-08T05:00:00.000Z', '2026-03-09T04:00:00.000Z', 23],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z', 25],
    // Midnight does not exist on this day: it begins at 01:00.
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z', 23],
    ['Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00:00.000Z', '2026-04-05T13:30:00.000Z', 24.5],
    ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15:00.000Z', '2026-01-01T18:15:00.000Z', 24],
    // Midnight comes twice on the next day.
    ['Asia/Amman', '2021-10-28', '2021-10-27T21:00:00.000Z', '2021-10-28T21:00:00.000Z', 24],
    ['Asia/Amman', '2021-10-29', '2021-10-28T21:00:00.000Z', '2021-10-29T22:00:00.000Z', 25],
    ['Antarctica/Vostok', '2023-12-18', '2023-12-17T17:00:00.000Z', '2023-12-18T19:00:00.000Z', 26],
    // Clocks go from 02:00 back to 23:00 of the day before.
    ['Antarctica/Casey', '2010-03-05', '2010-03-04T13:00:00.000Z', '2010-03-05T16:00:00.000Z', 27],
    // Clocks skip the day.
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z', '2011-12-30T10:00:00.000Z', 0],
  ])('in %s is the local day %s', (timeZone, date, start, end, hours) => {
    const interval = dayInterval(parseBusinessDate(date), timeZone);
    expect(interval).toEqual({ start, end });
    expect((Date.parse(interval.end) - Date.parse(interval.start)) / 3_600_000).toBe(hours);
  });
});

it('begins each day at the first instant of its local date, around every change of every zone’s clocks', () => {
  const [first, last, day] = [Date.UTC(2010, 0, 1), Date.UTC(2027, 0, 1), 24 * 3_600_000];
  const wrong: string[] = [];
  for (const timeZone of Intl.supportedValuesOf('timeZone')) {
    let offset = tzOffset(timeZone, new Date(first));
    for (let week = first; week < last; week += 7 * day) {
      const offsetBefore = offset;
      offset = tzOffset(timeZone, new Date(week + 7 * day));
      if (offset === offsetBefore) continue;
      for (let at = week; at <= week + 8 * day; at += day) {
        const date = businessDateOf(new Date(at), timeZone);
        const start = Date.parse(dayInterval(date, timeZone).start);
        const before = [60_000, 15 * 60_000, 3_600_000, 2 * 3_600_000, 3 * 3_600_000];
        const isFirst = before.every((by) => businessDateOf(new Date(start - by), timeZone) < date);
        if (businessDateOf(new Date(start), timeZone) !== date || !isFirst) wrong.push(`${timeZone} ${date}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

describe('requireOver', () => {
  // Checks a day's end: the day is not over a second before it, and is over at it.
  it.each([
    ['Asia/Seoul', '2026-11-26', '2026-11-26T15:00:00Z'],
    ['America/New_York', '2027-03-14', '2027-03-15T04:00:00Z'],
    ['America/New_York', '2027-11-07', '2027-11-08T05:00:00Z'],
    // The next day begins at 01:00: the clocks skip its first hour.
    ['Africa/Cairo', '2027-04-29', '2027-04-29T22:00:00Z'],
    // The hour from 23:00 on comes twice.
    ['America/Santiago', '2027-04-03', '2027-04-04T04:00:00Z'],
    // The hour from 00:00 on comes twice on the next day.
    ['America/Havana', '2027-11-06', '2027-11-07T04:00:00Z'],
    ['Australia/Lord_Howe', '2027-04-04', '2027-04-04T13:30:00Z'],
    ['Pacific/Kiritimati', '2026-11-26', '2026-11-26T10:00:00Z'],
    ['Pacific/Niue', '2026-11-26', '2026-11-27T11:00:00Z'],
  ])('in %s takes %s from %s on', (timeZone, text, end) => {
    const date = parseBusinessDate(text);
    const before = new Date(Date.parse(end) - 1_000);
    expect(() => {
      requireOver(date, timeZone, before);
    }).toThrow(
      `BAD_DATE: ${date} is not over yet in ${timeZone}, where it is ${date}. Give a day that is over, up to `,
    );
    expect(() => {
      requireOver(date, timeZone, new Date(end));
    }).not.toThrow();
  });

  it('refuses a day to come, and names the last day that is over', () => {
    expect(() => {
      requireOver(parseBusinessDate('2099-01-01'), 'Asia/Seoul', new Date('2026-11-26T11:16:00Z'));
    }).toThrow('Give a day that is over, up to 2026-11-25.');
  });
});

describe('hoursOfDay', () => {
  const all = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));

  it.each([
    ['Asia/Seoul', '2026-11-21', all],
    ['America/New_York', '2026-03-08', all.filter((hour) => hour !== '02')],
    ['America/New_York', '2026-11-01', all],
    ['America/Sao_Paulo', '2018-11-04', all.slice(1)],
    ['Asia/Kathmandu', '2026-01-01', all],
    ['Pacific/Chatham', '2026-09-27', all],
    ['Australia/Lord_Howe', '2026-10-04', all],
  ])('in %s on %s lists the hours that fluentd can name', (timeZone, date, hours) => {
    expect(hoursOfDay(parseBusinessDate(date), timeZone)).toEqual(hours);
  });
});

it('shifts over months, years and clock changes', () => {
  expect(shiftDate(parseBusinessDate('2026-03-01'), -1)).toBe('2026-02-28');
  expect(shiftDate(parseBusinessDate('2026-12-31'), 1)).toBe('2027-01-01');
  expect(shiftDate(parseBusinessDate('2026-11-01'), 1)).toBe('2026-11-02');
});

it('finds the local day of an instant', () => {
  const instant = new Date('2026-11-21T15:30:00Z');
  expect(businessDateOf(instant, 'Asia/Seoul')).toBe('2026-11-22');
  expect(businessDateOf(instant, 'America/New_York')).toBe('2026-11-21');
});

it('knows time zones', () => {
  expect([isTimeZone('Asia/Seoul'), isTimeZone('UTC'), isTimeZone('Asia/Soul')]).toEqual([true, true, false]);
});

it.each([
  ['+01:00', 'an IANA time zone, such as Etc/GMT-1, which is +01:00 all year'],
  ['-0500', 'an IANA time zone, such as Etc/GMT+5, which is -05:00 all year'],
  ['UTC+9', 'an IANA time zone, such as Etc/GMT-9, which is +09:00 all year'],
  ['+14', 'an IANA time zone, such as Etc/GMT-14, which is +14:00 all year'],
  ['+00:00', 'an IANA time zone, such as UTC, which is +00:00 all year'],
  ['+05:30', 'an IANA time zone: that of a place, such as Asia/Kolkata for +05:30'],
  ['+15:00', 'an IANA time zone: that of a place, such as Asia/Kolkata for +05:30'],
  ['Asia/Soul', 'an IANA time zone, such as Asia/Seoul'],
  [100, 'an IANA time zone, such as Asia/Seoul'],
  [undefined, 'an IANA time zone, such as Asia/Seoul'],
])('names zones that can stand in place of %s', (text, names) => {
  expect(zonesInsteadOf(text, 'Asia/Seoul')).toBe(names);
  const [, zone = 'UTC'] = /such as ([^, ]+)/.exec(names) ?? [];
  expect(isTimeZone(zone)).toBe(true);
});

describe('isSameZone', () => {
  it('knows a zone by its aliases, and by its clocks alone', () => {
    expect(isSameZone('Europe/Amsterdam', 'Europe/Brussels')).toBe(true);
    expect(isSameZone('US/Pacific', 'America/Los_Angeles')).toBe(true);
    expect(isSameZone('Asia/Seoul', 'Asia/Tokyo')).toBe(false); // Seoul had summer time in 1987.
    expect(isSameZone('Europe/London', 'UTC')).toBe(false);
  });
});

describe('instantsByHour', () => {
  const hoursOf = (date: string, timeZone: string) => [
    ...instantsByHour(dayInterval(parseBusinessDate(date), timeZone), timeZone),
  ];

  it('covers each instant of a day once, with one interval an hour, whatever the zone', () => {
    for (const [date, zone] of [
      ['2026-11-21', 'Asia/Seoul'],
      ['2026-03-08', 'America/New_York'],
      ['2026-11-01', 'America/New_York'],
      ['2026-04-05', 'Australia/Lord_Howe'],
      ['2026-11-21', 'Asia/Kathmandu'],
    ] as const) {
      const { start, end } = dayInterval(parseBusinessDate(date), zone);
      const hours = hoursOf(date, zone);
      expect(hours.map(([hour]) => hour)).toEqual(hoursOfDay(parseBusinessDate(date), zone));
      const intervals = hours.flatMap(([, of]) => of);
      expect(intervals).toHaveLength(hours.length);
      expect([intervals[0]?.start, intervals.at(-1)?.end]).toEqual([start, end]);
      intervals.slice(1).forEach((one, index) => {
        expect(one.start).toBe(intervals[index]?.end);
      });
    }
  });

  it('gives an hour that is run through twice its two hours', () => {
    const hours = new Map(hoursOf('2026-11-01', 'America/New_York'));
    expect(hours.get('01')).toEqual([{ start: '2026-11-01T05:00:00.000Z', end: '2026-11-01T07:00:00.000Z' }]);
    expect(hours.size).toBe(24);
  });
});

it.each([
  "x') || (SELECT user_id FROM secret) || TIME_FORMAT(__time, 'HH', '+09:00",
  '+09:00',
  'GMT+0900',
  'Asia/Seoul ',
  'Asia/Seoul\n',
  '../Asia/Seoul',
  '',
  'x"+09:00',
])('takes %j for no time zone', (text) => {
  expect(isTimeZone(text)).toBe(false);
});

it.each(['Asia/Seoul', 'UTC', 'Etc/GMT+9', 'America/Argentina/Buenos_Aires', 'Asia/Calcutta', 'Asia/Kolkata'])(
  'takes %s for one',
  (name) => {
    expect(isTimeZone(name)).toBe(true);
  },
);
