import { visibleIn, type TimelineSegment } from '../../../domain/druid/timeline';

const at = (day: number, hour: number): string => new Date(Date.UTC(2026, 2, day, hour)).toISOString();
const segment = (
  [start, end]: readonly [string, string],
  version: number,
  changed: Partial<TimelineSegment> = {},
): TimelineSegment => ({ start, end, version: `v${version}`, published: true, realtime: false, ...changed });

// The 14th in Seoul.
const day = [at(13, 15), at(14, 15)] as const;
const interval = { start: day[0], end: day[1] };
const utc = (date: number): readonly [string, string] => [at(date, 0), at(date + 1, 0)];

it('shows a day’s segments of the last version, each partition of it', () => {
  const [first, second] = [segment(day, 2), segment(day, 2)];
  expect(visibleIn([segment(day, 1), first, second], interval)).toEqual([first, second]);
});

it('shows segments that reach over from the neighbouring days, and not once a later version covers the day', () => {
  const [before, after] = [segment(utc(13), 2), segment(utc(14), 2)];
  expect(visibleIn([segment(day, 1), before, after], interval)).toEqual([before, after]);
  const again = segment(day, 3);
  expect(visibleIn([segment(day, 1), before, after, again], interval)).toEqual([again]);
  // In the neighbour's interval they are still visible.
  expect(visibleIn([before, after, again], { start: at(12, 15), end: day[0] })).toContain(before);
});

it('shows one that later versions cover in part, and hides it where they cover it together', () => {
  const whole = segment(day, 1);
  const parts = [segment([at(13, 15), at(14, 0)], 2), segment([at(14, 1), at(14, 15)], 2)];
  expect(visibleIn([whole, ...parts], interval)).toEqual([whole, ...parts]);
  const gap = segment([at(14, 0), at(14, 1)], 3);
  expect(visibleIn([...parts, whole, gap], interval)).toEqual([...parts, gap]);
});

it('hides what a historical still has of a version that was given up, and hides nothing of realtime’s', () => {
  const [givenUp, last] = [segment(day, 1, { published: false }), segment(day, 2)];
  const running = segment([at(14, 3), at(14, 4)], 1, { published: false, realtime: true });
  expect(visibleIn([givenUp, running, last], interval)).toEqual([running, last]);
  // A segment that is not published covers nothing.
  expect(visibleIn([segment(day, 1), segment(day, 2, { published: false })], interval)).toHaveLength(2);
});
