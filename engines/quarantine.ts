import { open } from 'node:fs/promises';

/** A bad record, as a line of `_quarantine.ndjson`. */
export interface QuarantinedRecord {
  /** Relative to the input folder. */
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly reason: string;
  /** The line; what is no UTF-8 in it is replaced. */
  readonly text: string;
  /** The bytes of a line that is no UTF-8. */
  readonly base64?: string;
}

export const QUARANTINE_FILE = '_quarantine.ndjson';

const BATCH_CHARACTERS = 1024 * 1024;

/** Writes records as they come, some megabytes at most in memory, and resolves to their number. Replaces the file. */
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
