import { readingMilliseconds } from '../../../activities/speed/shard';

describe('readingMilliseconds', () => {
  it.each([
    ['all of it where nothing was loaded', 0, 600_000],
    ['what the tables have left of it', 200, 400_000],
    ['half of it where they took longer', 700, 300_000],
  ])('is %s', (_, loading, expected) => {
    expect(readingMilliseconds(600, (5 + loading) * 1_000, 5_000)).toBe(expected);
  });

  it('is the maximum without a start', () => {
    expect(readingMilliseconds(600, 5_000)).toBe(600_000);
  });
});
