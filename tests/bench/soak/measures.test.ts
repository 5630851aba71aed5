import { measures, trends, type Sample } from '../../../bench/soak/measures';

const MINUTES = 120;
const samples = (memory: (minute: number) => number | undefined): Sample[] =>
  Array.from({ length: MINUTES }, (_, minute) => {
    const value = memory(minute);
    return { minute, ...(value !== undefined && { memory: value }) };
  });
const [warm, saw] = [(minute: number) => 300 + (minute % 10), (minute: number) => 200 + 10 * (minute % 17)];

it.each([
  ['a steady value', () => 300],
  ['one that warms up in the first third', (minute: number) => Math.min(300, 100 + 10 * minute)],
  ['one that rises and falls', saw],
  ['one that falls', (minute: number) => 400 - minute],
  ['one that moves by less than 2 %', (minute: number) => 1_000 + minute / 10],
])('says of %s that it does not grow', (_, memory) => {
  expect(trends(samples(memory))).toMatchObject([{ measure: 'memory', grows: false }]);
});

it.each([
  ['a leak', (minute: number) => 300 + minute],
  ['a leak below the rise and fall of each ten minutes', (minute: number) => warm(minute) + minute / 4],
  ['a step in the last third', (minute: number) => (minute < 90 ? 300 : 320)],
])('says of %s that it grows', (_, memory) => {
  expect(trends(samples(memory))).toMatchObject([{ measure: 'memory', grows: true }]);
});

it('shows the two medians and the spread', () => {
  const [found] = trends(samples((minute) => 300 + minute));
  expect(found).toEqual({ measure: 'memory', middle: 359, last: 399, spread: 20, grows: true });
});

it('leaves out what was not measured, and does not judge what grows with what is cut', () => {
  expect(trends(samples(() => undefined))).toEqual([]);
  const [found] = trends(samples(() => undefined).map((sample) => ({ ...sample, segments: sample.minute })));
  expect(found).toMatchObject({ measure: 'segments', middle: 59, last: 99 });
  expect(found).not.toHaveProperty('grows');
  expect(measures()).toContain('segments');
});
