import { KeptReasons, MAXIMUM_DAYS, type DayOutcome } from '../../domain/backfill';
import { datesBetween, parseBusinessDate, shiftDate } from '../../domain/business-date';

/** Characters of a reason that is there in full. */
const TEXT = 250;
const TEMPORAL_TAKES = 2 * 1024 ** 2;
const first = parseBusinessDate('2016-01-01');
const dates = datesBetween(first, shiftDate(first, MAXIMUM_DAYS - 1));

it.each([
  ['a path', '/data/events/input holds no file. Look at it. '],
  ['letters of three bytes', '파일이 없습니다. '],
  ['characters that JSON writes in six', '\u0001'],
])('what a backfill of ten years says fits into a payload where every day failed for a reason with %s', (_, text) => {
  const reason = text.repeat(400);
  const reasons = new KeptReasons();
  const failed = dates.map((date) => reasons.keep({ date, outcome: 'failed:DRUID_TASK_FAILED', joined: true, reason }));
  expect(failed.map(({ date, outcome }) => ({ date, outcome }))).toEqual(
    dates.map((date) => ({ date, outcome: 'failed:DRUID_TASK_FAILED' })),
  );
  expect(failed[0]?.reason?.length).toBeGreaterThan(TEXT);
  expect(Buffer.byteLength(JSON.stringify({ failed, days: failed }))).toBeLessThan(TEMPORAL_TAKES);
  expect(Buffer.byteLength(JSON.stringify({ requested: dates, outcomes: failed }))).toBeLessThan(TEMPORAL_TAKES);
});

it('keeps the reasons of an earlier run of the workflow as they are', () => {
  const [one, two] = [new KeptReasons(), new KeptReasons()];
  const day: DayOutcome = { date: first, outcome: 'failed:NO_INPUT', reason: 'There is no file. '.repeat(30) };
  expect(two.keep(one.keep(day))).toEqual(one.keep(day));
  expect(one.keep({ date: first, outcome: 'replaced' })).toEqual({ date: first, outcome: 'replaced' });
});
