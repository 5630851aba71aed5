import type { KafkaHeader, KafkaRecord, NewRecord } from '../../clients/kafka';

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

/**
 * `BAD_RECORD`: the validity rule turned it away; `NULL_VALUE`: a tombstone; `TRANSFORM_FAILED`: the SQL failed on its
 * values; `TOO_LARGE`: no broker takes what follows from it.
 */
export const DEAD_LETTER_CODES = ['BAD_RECORD', 'NULL_VALUE', 'TRANSFORM_FAILED', 'TOO_LARGE'] as const;
export type DeadLetterCode = (typeof DEAD_LETTER_CODES)[number];

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

/** A message of a dead-letter topic, its headers parsed. */
export interface DeadLetter {
  /** Where it stands in the dead-letter topic. */
  readonly partition: number;
  readonly offset: number;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
  /** Of the original message, ISO 8601. */
  readonly timestamp: string;
  readonly code: string;
  readonly reason: string;
  /** Set where only the beginning of key and value was kept: such a letter cannot be replayed. */
  readonly truncatedFrom?: number;
  /** What the original message had. */
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly KafkaHeader[];
}

const OURS: ReadonlySet<string> = new Set(Object.values(DEAD_LETTER_HEADERS));

/** Reads what `deadLetterOf` wrote. */
export function parseDeadLetter(partition: number, { offset, key, value, headers }: KafkaRecord): DeadLetter {
  // Ours come first, so that an original header of the same name does not hide one.
  const ours = new Map(
    headers
      .filter(({ name }) => OURS.has(name))
      .reverse()
      .map((header) => [header.name, header.value]),
  );
  const text = (name: keyof typeof DEAD_LETTER_HEADERS): string =>
    ours.get(DEAD_LETTER_HEADERS[name])?.toString() ?? '';
  const truncatedFrom = text('truncatedFrom');
  return {
    partition,
    offset,
    origin: { topic: text('topic'), partition: Number(text('partition')), offset: Number(text('offset')) },
    timestamp: new Date(Number(text('timestamp'))).toISOString(),
    code: text('code'),
    reason: text('reason'),
    ...(truncatedFrom !== '' && { truncatedFrom: Number(truncatedFrom) }),
    key,
    value,
    headers: headers.filter(({ name }) => !OURS.has(name)),
  };
}
