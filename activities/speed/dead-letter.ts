import type { KafkaRecord, NewRecord } from '../../clients/kafka';

/** Names of the headers that say where a dead letter comes from and why. */
export const DEAD_LETTER_HEADERS = {
  topic: 'daybreak.topic',
  partition: 'daybreak.partition',
  offset: 'daybreak.offset',
  timestamp: 'daybreak.timestamp',
  code: 'daybreak.code',
  reason: 'daybreak.reason',
  truncatedFrom: 'daybreak.truncated-from',
} as const;

/** `BAD_RECORD`: the validity rule turned it away; `NULL_VALUE`: a tombstone; `TOO_LARGE`: no broker takes what follows from it. */
export type DeadLetterCode = 'BAD_RECORD' | 'NULL_VALUE' | 'TOO_LARGE';

/** A dead letter keeps this much of a value or key that would not fit into a message with its headers. */
const LARGEST = 900_000;
const KEPT = 65_536;

/** The dead letter of a record: its own key, value and headers, behind headers that say where, when and why. */
export function deadLetterOf(
  origin: { readonly topic: string; readonly partition: number },
  record: KafkaRecord,
  code: DeadLetterCode,
  reason: string,
): NewRecord {
  const { key, value, headers, offset, timestamp } = record;
  const bytes = (key?.length ?? 0) + (value?.length ?? 0);
  const isLarge = bytes > LARGEST;
  const ours: Record<string, string | number> = {
    [DEAD_LETTER_HEADERS.topic]: origin.topic,
    [DEAD_LETTER_HEADERS.partition]: origin.partition,
    [DEAD_LETTER_HEADERS.offset]: offset,
    [DEAD_LETTER_HEADERS.timestamp]: timestamp,
    [DEAD_LETTER_HEADERS.code]: code,
    [DEAD_LETTER_HEADERS.reason]: reason,
    ...(isLarge && { [DEAD_LETTER_HEADERS.truncatedFrom]: bytes }),
  };
  return {
    key: isLarge ? (key?.subarray(0, KEPT) ?? null) : key,
    value: isLarge ? (value?.subarray(0, KEPT) ?? null) : value,
    headers: [...Object.entries(ours).map(([name, text]) => ({ name, value: String(text) })), ...headers],
  };
}
