const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/**
 * The hash with which Kafka's default partitioner places keys, as Java's client computes it: a signed 32-bit integer.
 */
export function murmur2(key: Uint8Array): number {
  const { length } = key;
  let hash = SEED ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let word = Math.imul(
      byte(key, at) | (byte(key, at + 1) << 8) | (byte(key, at + 2) << 16) | (byte(key, at + 3) << 24),
      M,
    );
    word = Math.imul(word ^ (word >>> 24), M);
    hash = Math.imul(hash, M) ^ word;
  }
  if (at < length) {
    if (at + 2 < length) hash ^= byte(key, at + 2) << 16;
    if (at + 1 < length) hash ^= byte(key, at + 1) << 8;
    hash = Math.imul(hash ^ byte(key, at), M);
  }
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

/** The partition of a key if the topic has `partitions` of them. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

function byte(key: Uint8Array, at: number): number {
  return key[at] ?? 0;
}
