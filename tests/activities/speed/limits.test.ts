import { limitsFor } from '../../../activities/speed/limits';

describe('limitsFor', () => {
  it('gives few partitions as much as serves throughput', () => {
    expect(limitsFor(3)).toEqual({ fetchBytes: 2 ** 20, rows: 10_000, bytes: 4 * 2 ** 20 });
  });

  it.each([1, 10, 64, 256])('keeps what %i partitions hold in memory bounded', (partitions) => {
    const { bytes, fetchBytes } = limitsFor(partitions);
    expect(2 * partitions * (bytes + fetchBytes)).toBeLessThanOrEqual(2 ** 28);
  });
});
