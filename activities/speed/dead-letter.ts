import {
  headerSize,
  type KafkaHeader,
  type KafkaRecord,
  type NewHeader,
  type NewRecord,
  recordSize,
} from '../../clients/kafka';
import type { DeadLetterCode } from '../../domain/dead-letter';

/** Names of the headers that give the source of a dead letter and the reason. */
export const DEAD_LETTER_HEADERS = {
  topic: 'daybreak.topic',
  partition: 'daybreak.partition',
  offset: 'daybreak.offset',
  timestamp: 'daybreak.timestamp',
  code: 'daybreak.code',
  reason: 'daybreak.reason',
  truncatedFrom: 'daybreak.truncated-from',
  headersLeftOut: 'daybreak.headers-left-out',
} as const;

/** Fits every topic with Kafka's default limit, and leaves room for the batch around it. */
export const MOST_LETTER_BYTES = 900_000;
/** If a letter is too large, this many bytes are kept of each of the value, the key, the headers and the reason. */
const KEPT = 65_536;
const KEPT_REASON = 2_000;
/** The prefix for a producer's own header whose name begins like ours, so that it is not mistaken for one of ours. */
const FOREIGN = 'original.';
const LIKE_OURS = /^(?:original\.)*daybreak\./;

/**
 * The dead letter of a record: its own key, value and headers, after headers that say where, when and why. If this
 * takes more than `mostBytes`, only the beginnings are kept.
 *
 * @param mostBytes 2,048 or more, whatever the producer sent. Default: what Kafka's default message limit allows.
 */
export function deadLetterOf(
  origin: { readonly topic: string; readonly partition: number },
  record: KafkaRecord,
  code: DeadLetterCode,
  reason: string,
  mostBytes = MOST_LETTER_BYTES,
): NewRecord {
  const { key, value, offset, timestamp } = record;
  const headers = record.headers.map((header) => ({ ...header, name: storedName(header.name) }));
  const kept = Math.min(KEPT, Math.floor(mostBytes / 8));
  const ours: NewHeader[] = Object.entries({
    [DEAD_LETTER_HEADERS.topic]: origin.topic,
    [DEAD_LETTER_HEADERS.partition]: origin.partition,
    [DEAD_LETTER_HEADERS.offset]: offset,
    [DEAD_LETTER_HEADERS.timestamp]: timestamp,
    [DEAD_LETTER_HEADERS.code]: code,
    [DEAD_LETTER_HEADERS.reason]: beginning(reason, Math.min(KEPT_REASON, Math.floor(kept / 4))),
  }).map(([name, text]) => ({ name, value: String(text) }));
  const whole: NewRecord = { key, value, headers: [...ours, ...headers] };
  if (record.truncatedFrom === undefined && recordSize(whole) <= mostBytes) return whole;
  const beginnings = headersWithin(headers, kept);
  const leftOut = (record.headersLeftOut ?? 0) + headers.length - beginnings.length;
  const truncatedFrom = record.truncatedFrom ?? (key?.length ?? 0) + (value?.length ?? 0);
  ours.push({ name: DEAD_LETTER_HEADERS.truncatedFrom, value: String(truncatedFrom) });
  if (leftOut > 0) ours.push({ name: DEAD_LETTER_HEADERS.headersLeftOut, value: String(leftOut) });
  return {
    key: key?.subarray(0, kept) ?? null,
    value: value?.subarray(0, kept) ?? null,
    headers: [...ours, ...beginnings],
  };
}

function beginning(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}

/** The first headers that fit completely. */
function headersWithin(headers: readonly KafkaHeader[], bytes: number): readonly KafkaHeader[] {
  let size = 0;
  const end = headers.findIndex((header) => (size += headerSize(header)) > bytes);
  return end === -1 ? headers : headers.slice(0, end);
}

function storedName(name: string): string {
  return LIKE_OURS.test(name) ? FOREIGN + name : name;
}

function originalName(name: string): string {
  return name.startsWith(FOREIGN) && LIKE_OURS.test(name) ? name.slice(FOREIGN.length) : name;
}

/** A message of a dead-letter topic, its headers parsed. */
export interface DeadLetter {
  /** The partition of the dead-letter topic. */
  readonly partition: number;
  readonly offset: number;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
  /** The time of the original message: ISO 8601, or its epoch milliseconds if no calendar has this time. */
  readonly timestamp: string;
  /** The same in epoch milliseconds. */
  readonly sentAt: number;
  readonly code: string;
  readonly reason: string;
  /** The size of key and value in bytes, if only their beginnings were kept. A truncated letter cannot be replayed. */
  readonly truncatedFrom?: number;
  /** The original message's. */
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly KafkaHeader[];
}

const OURS: ReadonlySet<string> = new Set(Object.values(DEAD_LETTER_HEADERS));

/** Reads a letter that `deadLetterOf` wrote. */
export function parseDeadLetter(partition: number, record: KafkaRecord): DeadLetter {
  const { offset, key, value, headers } = record;
  // Ours come first: older letters, which did not separate producers' headers, may have others of the same name.
  const ours = new Map(
    headers
      .filter(({ name }) => OURS.has(name))
      .reverse()
      .map((header) => [header.name, header.value]),
  );
  const text = (name: keyof typeof DEAD_LETTER_HEADERS): string =>
    ours.get(DEAD_LETTER_HEADERS[name])?.toString() ?? '';
  const sentAt = Number(text('timestamp'));
  const truncatedFrom = text('truncatedFrom');
  const bytes = truncatedFrom === '' ? record.truncatedFrom : Number(truncatedFrom);
  return {
    partition,
    offset,
    origin: { topic: text('topic'), partition: Number(text('partition')), offset: Number(text('offset')) },
    timestamp: isTime(sentAt) ? new Date(sentAt).toISOString() : text('timestamp'),
    sentAt,
    code: text('code'),
    reason: text('reason'),
    ...(bytes !== undefined && { truncatedFrom: bytes }),
    key,
    value,
    headers: headers
      .filter(({ name }) => !OURS.has(name))
      .map((header) => ({ ...header, name: originalName(header.name) })),
  };
}

function isTime(epochMs: number): boolean {
  return !Number.isNaN(new Date(epochMs).getTime());
}
