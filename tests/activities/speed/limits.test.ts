import { limitsFor } from '../../../activities/speed/limits';

describe('limitsFor', () => {
  it('gives few partitions as much as serves throughput', () => {
    expect(limitsFor(3)).toEqual({ fetchBytes: 2 ** 20, rows: 10_000, bytes: 4 * 2 ** 20 });
  });

  const heldBy = (partitions: number): number => {
    const { bytes, fetchBytes } = limitsFor(partitions);
    return 2 * partitions * (bytes + fetchBytes);
  };

  it.each([1, 10, 64, 256])('keeps what %i partitions hold in memory bounded', (partitions) => {
    expect(heldBy(partitions)).toBeLessThanOrEqual(160 * 2 ** 20);
  });

  it('gives each of more partitions, as of 1,000, enough to go on with: 640 KiB', () => {
    expect(heldBy(1_000)).toBe(1_000 * 640 * 2 ** 10);
  });
});
