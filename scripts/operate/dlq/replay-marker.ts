import {
  type KafkaOptions,
  type KafkaRecord,
  type NewRecord,
  type PartitionOffsets,
  readTopic,
} from '../../../clients/kafka';

/**
 * A replay writes a marker record to the dead-letter topic, in the same transaction that sends the letters. The marker
 * says which letters of its partition are done. It lies behind them in that partition, so that no retention removes it
 * before them. The committed offset of the replays' group, which Kafka forgets after a week, only says where to begin
 * to read.
 */
const MARKER_HEADER = 'daybreak.replayed';

/** Nobody reads past an open transaction. If its writer is gone, Kafka ends it after 30 s; it checks every 10 s. */
export const UNTIL_TRANSACTIONS_END = { openTransactionMs: 60_000 };

/** Offsets of a partition, both included. */
export interface OffsetRange {
  readonly first: number;
  readonly last: number;
}

/** The marker of the given offsets, for their partition. */
export function replayMarker(partition: number, ranges: readonly OffsetRange[]): NewRecord {
  const text = ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join();
  return { key: null, value: null, partition, headers: [{ name: MARKER_HEADER, value: text }] };
}

/** The offsets that a marker holds. Undefined if the record is not a marker. */
export function markedRanges({ value, headers }: Pick<KafkaRecord, 'value' | 'headers'>): OffsetRange[] | undefined {
  if (value !== null || headers.length !== 1) return undefined;
  const text = headers.find(({ name }) => name === MARKER_HEADER)?.value?.toString();
  return text?.split(',').map((range) => {
    const [first = NaN, last = first] = range.split('-').map(Number);
    return { first, last };
  });
}

/**
 * The offsets of the letters that are done, by partition, according to the markers from the spans' `low` on. Waits for
 * open transactions, since a marker may lie behind one. Throws KAFKA_UNREACHABLE if one stays open for a minute.
 */
export async function markedOffsets(
  kafka: KafkaOptions,
  topic: string,
  spans: readonly PartitionOffsets[],
): Promise<Map<number, Set<number>>> {
  const marked = new Map(spans.map(({ partition }) => [partition, new Set<number>()]));
  const toEnd = spans.map((span) => ({ ...span, high: Infinity }));
  for await (const { partition, record } of readTopic(kafka, topic, toEnd, UNTIL_TRANSACTIONS_END)) {
    for (const { first, last } of markedRanges(record) ?? []) {
      for (let offset = first; offset <= last; offset++) marked.get(partition)?.add(offset);
    }
  }
  return marked;
}
