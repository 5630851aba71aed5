import { describeLocks, locksIn } from '../../../domain/druid/blocking-locks';

const day = { start: '2026-11-20T15:00:00.000Z', end: '2026-11-21T15:00:00.000Z' };
const lock = (interval: string, groupId = 'index_kafka_events') => ({ interval, groupId, priority: 75 });
const hours = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => {
    const at = (hour: number): string => new Date(Date.parse(day.start) + hour * 3_600_000).toISOString();
    return lock(`${at(from + index)}/${at(from + index + 1)}`);
  });

it('finds the locks that reach into the day, and none that only touch it', () => {
  const [before, ...inside] = hours(-1, 25);
  const [after] = hours(24, 1);
  expect(locksIn([before!, ...inside, after!], day)).toEqual(inside);
  const whole = lock(`${day.start}/${day.end}`);
  expect(locksIn([whole], day)).toEqual([whole]);
});

it('names the tasks that hold locks in one short line', () => {
  const tasks = [
    { id: 'index_kafka_events_abc', groupId: 'index_kafka_events' },
    { id: 'compact_1', groupId: 'compact_1' },
  ];
  expect(describeLocks(hours(0, 24), tasks)).toBe(
    'index_kafka_events_abc: lock 2026-11-20T15:00:00.000Z/2026-11-20T16:00:00.000Z and 23 more, priority 75',
  );
  const interval = `${day.start}/${day.end}`;
  expect(describeLocks([{ interval, groupId: 'compact_1', priority: 25 }], tasks)).toBe(
    `compact_1: lock ${interval}, priority 25`,
  );
});

it('names the group where its task is not known any more', () => {
  const interval = `${day.start}/${day.end}`;
  expect(describeLocks([lock(interval, 'gone')], [])).toBe(`the group gone: lock ${interval}, priority 75`);
});
