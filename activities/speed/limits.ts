/** How much of one partition may be in memory at a time. */
export interface Limits {
  /** Compressed bytes of a fetch. One fetch is processed while the next is on its way. */
  readonly fetchBytes: number;
  /**
   * Events of a micro-batch, and the bytes of their values. Two micro-batches are in memory: one is transformed while
   * the other commits.
   */
  readonly rows: number;
  readonly bytes: number;
}

const MEBIBYTE = 2 ** 20;

/**
 * Limits that keep a shard of up to 256 partitions below about 160 MiB, however well their records compress. Smaller
 * ones would make each partition slow, so each partition above that adds up to 640 KiB.
 */
export function limitsFor(partitions: number): Limits {
  const share = (total: number, lowest: number, highest: number): number =>
    Math.min(highest, Math.max(lowest, Math.floor(total / Math.max(1, partitions))));
  return {
    fetchBytes: share(16 * MEBIBYTE, MEBIBYTE / 16, MEBIBYTE),
    rows: share(40_000, 500, 10_000),
    bytes: share(32 * MEBIBYTE, MEBIBYTE / 4, 4 * MEBIBYTE),
  };
}
