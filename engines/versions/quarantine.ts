import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';

/** A bad record, as a line of `_quarantine.ndjson`. */
export interface QuarantinedRecord {
  /** Relative to the input folder. */
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly reason: string;
  /**
   * The line, at most its first MiB. Bytes that are not UTF-8 are replaced. Empty if a part of the file cannot be read.
   */
  readonly text: string;
  /** The same bytes, if the line is not UTF-8. */
  readonly base64?: string;
  /** Bytes of the whole line, if only its beginning is here. */
  readonly cutFrom?: number;
}

const MOST_BYTES = 1024 * 1024;

/** What the quarantine keeps of a line of text. */
export function keptText(text: string): Pick<QuarantinedRecord, 'text' | 'cutFrom'> {
  // Each UTF-16 unit of a text takes at most three bytes.
  if (text.length * 3 <= MOST_BYTES) return { text };
  const bytes = Buffer.from(text);
  if (bytes.length <= MOST_BYTES) return { text };
  let end = MOST_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return { text: bytes.toString('utf8', 0, end), cutFrom: bytes.length };
}

/** What it keeps of a line that is not UTF-8: `bytes` are the first of its `length` bytes. */
export function keptBytes(
  bytes: Buffer,
  length = bytes.length,
): Pick<QuarantinedRecord, 'text' | 'base64' | 'cutFrom'> {
  const kept = bytes.subarray(0, MOST_BYTES);
  return {
    text: kept.toString(),
    base64: kept.toString('base64'),
    ...(length > kept.length && { cutFrom: length }),
  };
}

/** Bytes kept of a record that is too large: many of them must fit into memory. */
export const BEGINNING_BYTES = 16 * 1024;

/** What it keeps of a line that is too large: `bytes` are the first of its `length` bytes. */
export function keptBeginning(bytes: Buffer, length: number): Pick<QuarantinedRecord, 'text' | 'base64' | 'cutFrom'> {
  let end = Math.min(BEGINNING_BYTES, bytes.length);
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  const kept = bytes.subarray(0, end);
  const cutFrom = end < length && { cutFrom: length };
  return { text: kept.toString(), ...(!isUtf8(kept) && { base64: kept.toString('base64') }), ...cutFrom };
}

export const QUARANTINE_FILE = '_quarantine.ndjson';

const BATCH_CHARACTERS = 1024 * 1024;

/**
 * Writes records as they come and resolves to their number. Holds at most some megabytes in memory. Replaces the file.
 */
export async function writeQuarantine(path: string, records: AsyncIterable<QuarantinedRecord>): Promise<number> {
  const file = await open(path, 'w');
  let count = 0;
  let text = '';
  try {
    for await (const record of records) {
      text += `${JSON.stringify(record)}\n`;
      count += 1;
      if (text.length < BATCH_CHARACTERS) continue;
      await file.appendFile(text);
      text = '';
    }
    await file.appendFile(text);
  } finally {
    await file.close();
  }
  return count;
}
