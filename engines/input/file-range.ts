import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { READ_UNTRUSTED } from '../../clients/storage/local/safe-path';
import type { ByteRange } from './listed-file';

const CHUNK_BYTES = 4 * 1024 * 1024;
const LINE_FEED = 10;

/**
 * The lines that begin in a range of a plain file, in chunks. At the end it reports the size and the SHA-256 of the range
 * itself, without the rest of its last line. A chunk is valid only until the next one is requested. Throws if the file
 * is shorter.
 */
export async function* readRange(
  path: string,
  { from, to, end }: ByteRange,
  onEnd: (range: { readonly bytes: number; readonly sha256: string }) => void,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const file = await open(path, READ_UNTRUSTED);
  try {
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    const read = async (at: number, before: number): Promise<Buffer> => {
      const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK_BYTES, before - at), at);
      if (bytesRead === 0) throw new Error('it became shorter while it was read');
      return buffer.subarray(0, bytesRead);
    };
    let isWithinLine = from === 0;
    let last: number | undefined;
    // The byte before the range tells whether a line begins with the range.
    for (let at = Math.max(from - 1, 0); at < to;) {
      const chunk = await read(at, to);
      hash.update(chunk.subarray(at < from ? 1 : 0));
      at += chunk.length;
      last = chunk.at(-1);
      const lines = isWithinLine ? chunk : behindLineFeed(chunk);
      isWithinLine ||= lines !== undefined;
      if (lines !== undefined && lines.length > 0) yield lines;
    }
    for (let at = to; isWithinLine && last !== LINE_FEED && at < end;) {
      const chunk = await read(at, end);
      const found = chunk.indexOf(LINE_FEED);
      const rest = found === -1 ? chunk : chunk.subarray(0, found + 1);
      at += rest.length;
      last = rest.at(-1);
      yield rest;
    }
    onEnd({ bytes: to - from, sha256: hash.digest('hex') });
  } finally {
    await file.close();
  }
}

function behindLineFeed(chunk: Buffer): Buffer | undefined {
  const found = chunk.indexOf(LINE_FEED);
  return found === -1 ? undefined : chunk.subarray(found + 1);
}

/** The SHA-256 of each of a file's ranges, which follow one another from its beginning, and of all of them together. */
export async function hashRanges(
  path: string,
  ranges: readonly ByteRange[],
): Promise<{ readonly sha256: string; readonly ranges: readonly string[] }> {
  const whole = createHash('sha256');
  const hashes: string[] = [];
  const file = await open(path, READ_UNTRUSTED);
  try {
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (const { from, to } of ranges) {
      const hash = createHash('sha256');
      for (let at = from; at < to;) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK_BYTES, to - at), at);
        if (bytesRead === 0) throw new Error('it became shorter while it was read');
        const chunk = buffer.subarray(0, bytesRead);
        whole.update(chunk);
        hash.update(chunk);
        at += bytesRead;
      }
      hashes.push(hash.digest('hex'));
    }
    return { sha256: whole.digest('hex'), ranges: hashes };
  } finally {
    await file.close();
  }
}
