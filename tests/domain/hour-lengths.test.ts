import { parseBusinessDate } from '../../domain/business-date';
import { unusualHours } from '../../domain/hour-lengths';

it.each([
  ['2026-10-25', 'Europe/Berlin', { '02': 120 }],
  ['2026-03-29', 'Europe/Berlin', {}],
  ['2026-10-24', 'Europe/Berlin', {}],
  // Half an hour, back and forward.
  ['2026-04-05', 'Australia/Lord_Howe', { '01': 90 }],
  ['2026-10-04', 'Australia/Lord_Howe', { '02': 30 }],
  ['2026-11-28', 'Asia/Kathmandu', {}],
])('%s in %s', (date, timeZone, expected) => {
  expect(unusualHours(parseBusinessDate(date), timeZone)).toEqual(expected);
});
