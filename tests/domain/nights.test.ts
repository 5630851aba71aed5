import { businessDateOf, parseBusinessDate, shiftDate } from '../../domain/business-date';
import { clockChanges } from '../../domain/clock-changes';
import { nightOf, shiftedNights } from '../../domain/nights';

describe('nightOf', () => {
  it.each([
    ['Asia/Seoul', '00:30', '2026-11-21', '2026-11-21T15:30:00.000Z'],
    // The clocks go from 02:00 to 03:00.
    ['America/New_York', '02:15', '2027-03-12', '2027-03-13T07:15:00.000Z'],
    ['America/New_York', '02:15', '2027-03-13', '2027-03-14T07:00:00.000Z'],
    ['America/New_York', '02:15', '2027-03-14', '2027-03-15T06:15:00.000Z'],
    // The clocks go from 02:00 back to 01:00. The run comes at the first hour that comes once.
    ['America/New_York', '01:15', '2027-11-06', '2027-11-07T07:00:00.000Z'],
    // The day begins at 01:00.
    ['Africa/Cairo', '00:30', '2027-04-29', '2027-04-29T22:00:00.000Z'],
    ['America/Santiago', '00:00', '2027-09-04', '2027-09-05T04:00:00.000Z'],
    // 23:00 to 24:00 comes twice. The hour before is used instead, because its date is the same.
    ['America/Santiago', '23:30', '2027-04-02', '2027-04-04T00:00:00.000Z'],
    // The clocks change by half an hour.
    ['Australia/Lord_Howe', '02:15', '2027-10-02', '2027-10-02T16:00:00.000Z'],
  ])('in %s at %s is, of %s, %s', (timeZone, at, day, instant) => {
    expect(nightOf(parseBusinessDate(day), at, timeZone).toISOString()).toBe(instant);
  });

  it('lies on the day after its own in every zone, whatever its clocks do in the next ten years', () => {
    const [from, to] = [Date.UTC(2026, 10, 26), Date.UTC(2037, 0, 1)];
    const seen = new Set<string>();
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      const changes = clockChanges(zone, from, to);
      const key = JSON.stringify(changes);
      if (seen.has(key)) continue;
      seen.add(key);
      for (const { before } of changes) {
        const date = parseBusinessDate(new Date(before).toISOString().slice(0, 10));
        for (const day of [-2, -1, 0, 1].map((days) => shiftDate(date, days))) {
          for (const at of ['00:00', '00:30', '01:15', '02:15', '02:50', '03:30', '22:30', '23:59']) {
            const local = businessDateOf(nightOf(day, at, zone), zone);
            expect([zone, day, at, local]).toEqual([zone, day, at, shiftDate(day, 1)]);
          }
        }
      }
    }
    expect(seen.size).toBeGreaterThan(15);
  });
});

describe('shiftedNights', () => {
  const years = { first: 2027, last: 2027 };

  it('has none where the clocks never change about that time', () => {
    expect(shiftedNights('00:30', 'Asia/Seoul', years)).toEqual([]);
    expect(shiftedNights('04:00', 'America/New_York', years)).toEqual([]);
  });

  it('names the hour before a repeated one too, in which Temporal would run twice', () => {
    expect(shiftedNights('00:30', 'Europe/London', years)).toEqual([
      {
        run: { date: '2027-10-31', hour: 2 },
        unsafe: [
          { date: '2027-10-31', hour: 0 },
          { date: '2027-10-31', hour: 1 },
        ],
      },
    ]);
  });
});
