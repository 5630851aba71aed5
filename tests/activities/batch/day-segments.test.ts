import { checkSegments, servedBefore, visibleSegments } from '../../../activities/batch/day-segments';
import type { DruidClient, Segment } from '../../../clients/druid';
import type { DayPlan } from '../../../domain/daily-batch';

const day = { start: '2026-03-13T15:00:00.000Z', end: '2026-03-14T15:00:00.000Z' };
const segment = (id: string, its: Partial<Segment> = {}): Segment => ({
  ...{ id, ...day, version: '2026-03-15T00:00:00.000Z', rows: 1 },
  ...{ published: true, available: true, realtime: false, overshadowed: false, compacted: false, appended: false },
  ...its,
});
const plan = { datasource: 'events', interval: day } as unknown as DayPlan; // The only fields that are read.

async function visible(...segments: Segment[]): Promise<string[]> {
  const druid = { queries: { segments: () => Promise.resolve(segments) } } as unknown as DruidClient;
  return (await visibleSegments(druid, plan)).map(({ id }) => id);
}

const older = { version: '2026-03-14T16:00:00.000Z' };
const hour = { end: '2026-03-13T16:00:00.000Z' };

it('passes over what is overshadowed, and what a historical has yet to drop of that', async () => {
  const dropped = segment('dropped', { ...older, ...hour, published: false });
  expect(await visible(segment('new'), segment('old', { ...older, overshadowed: true }), dropped)).toEqual(['new']);
});

it('sees realtime, what has no later version above it, and what is not published yet', async () => {
  const realtime = segment('realtime', { ...older, ...hour, published: false, realtime: true });
  expect(await visible(segment('new'), realtime)).toEqual(['new', 'realtime']);
  expect(await visible(segment('hour', hour), segment('day', { ...older, published: false }))).toEqual(['hour', 'day']);
  expect(await visible(segment('old', older), segment('coming', { published: false }))).toEqual(['old', 'coming']);
});

describe('segments by the hour', () => {
  const hours = (its: Partial<Segment>) =>
    [
      { start: day.start, end: hour.end },
      { start: hour.end, end: day.end },
    ].map((part, index) => segment(`hour ${index}`, { ...part, ...its }));

  it('are a batch’s if it replaced them', () => {
    expect(servedBefore(hours({}), plan)).toBe('batch');
    expect(() => {
      checkSegments(plan, hours({}), 1);
    }).not.toThrow();
  });

  it('are realtime’s if it added them to what was there', () => {
    const appended = hours({ appended: true });
    expect(servedBefore(appended, plan)).toBe('realtime');
    expect(servedBefore([...hours({}), ...appended], plan)).toBe('both');
    expect(() => {
      checkSegments(plan, [...hours({}), ...appended], 1);
    }).toThrow(/by 2 segments that neither/);
  });

  it('of two recomputes are no batch', () => {
    const [first, second] = [hours({}), hours(older)];
    expect(() => {
      checkSegments(plan, [...first.slice(0, 1), ...second.slice(1)], 1);
    }).toThrow(/by 2 versions/);
  });
});

describe('a day without a segment', () => {
  it('is the batch’s if that has no row', () => {
    expect(() => {
      checkSegments(plan, [], 0);
    }).not.toThrow();
    expect(() => {
      checkSegments(plan, [], 1);
    }).toThrow(/by no segment/);
  });

  it('is the batch’s no more once realtime has one', () => {
    expect(() => {
      checkSegments(plan, [segment('realtime', { realtime: true })], 0);
    }).toThrow(/by 1 segment that neither/);
  });
});
