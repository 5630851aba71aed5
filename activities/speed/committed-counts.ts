import * as z from 'zod';

/** What a partition has committed. */
export interface Counts {
  readonly events: number;
  readonly rows: number;
  readonly deadLetters: number;
}

/** The counts of all runs of a partition since an instant (ISO 8601). */
export interface CommittedCounts extends Counts {
  readonly since: string;
}

export const NOTHING: Counts = { events: 0, rows: 0, deadLetters: 0 };

const count = z.number().int().nonnegative();
const schema = z.object({ since: z.iso.datetime(), events: count, rows: count, deadLetters: count });

/**
 * The counts that are stored with the committed offset, in the same transaction as the records that they count. They
 * stay exact over pauses, kills and changes of owner. They restart at 0 if somebody else committed the offset, or Kafka
 * forgot it.
 */
export function countsIn(metadata: string | undefined, now: Date): CommittedCounts {
  try {
    return schema.parse(JSON.parse(metadata ?? ''));
  } catch {
    return { ...NOTHING, since: now.toISOString() };
  }
}

export function metadataOf(counts: CommittedCounts): string {
  return JSON.stringify(counts);
}

export function added<T extends Counts>(counts: T, more: Counts): T {
  return {
    ...counts,
    events: counts.events + more.events,
    rows: counts.rows + more.rows,
    deadLetters: counts.deadLetters + more.deadLetters,
  };
}

/**
 * What was added to `before`, of the same partition; everything if the two count from different instants. Nothing if a
 * broker lost the end of a transaction that it had acknowledged: the counts are then lower, and the lost records are
 * counted again.
 */
export function addedSince(counts: CommittedCounts, before: CommittedCounts): Counts {
  if (counts.since !== before.since) return { ...counts };
  return {
    events: Math.max(0, counts.events - before.events),
    rows: Math.max(0, counts.rows - before.rows),
    deadLetters: Math.max(0, counts.deadLetters - before.deadLetters),
  };
}
