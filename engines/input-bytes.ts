import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { READ_UNTRUSTED, readUntrustedSync } from './contained';
import { hasCode } from './has-code';
import { unreadable, type ListedFile } from './input-files';

/** What a file turned out to be once it was read to its end. */
export interface ReadFile {
  readonly bytes: number;
  readonly sha256: string;
  /** A compressed file that ends within its data, as one that is still being written does. */
  readonly truncated: boolean;
}

const CHUNK_BYTES = 4 * 1024 * 1024;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/**
 * A whole small file, unpacked, without its byte order mark. Synchronous: for a day of 86,400 files asynchronous reads
 * cost more than the whole build. Throws UNREADABLE_INPUT.
 */
export function readSmallFile({ file, path }: ListedFile): { content: Buffer; read: ReadFile } {
  try {
    const raw = readUntrustedSync(path);
    const { content, truncated } = isPacked(file) && raw.length > 0 ? unpack(raw) : { content: raw, truncated: false };
    const read = { bytes: raw.length, sha256: createHash('sha256').update(raw).digest('hex'), truncated };
    return { content: withoutMark(content), read };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * The content of a file in chunks, unpacked, without its byte order mark; then tells what was read. Throws
 * UNREADABLE_INPUT. A chunk is valid only until the next one is asked for.
 */
export async function* readLargeFile(
  { file, path }: Pick<ListedFile, 'file' | 'path'>,
  onEnd: (read: ReadFile) => void,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let [bytes, given, truncated] = [0, 0, false];
  async function* raw(): AsyncGenerator<Buffer> {
    for await (const chunk of chunksOf(path)) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  try {
    for await (const chunk of isPacked(file) ? unpacked(raw(), constants.Z_FINISH) : raw()) {
      yield given === 0 ? withoutMark(chunk) : chunk;
      given += chunk.length;
    }
  } catch (cause) {
    if (!hasCode(cause, 'Z_BUF_ERROR')) throw unreadable(path, cause);
    truncated = true;
  }
  // The unpacker drops what it had not handed over when it meets the end: unpack again, leniently, for the rest.
  if (truncated) yield* skipped(unpacked(chunksOf(path), constants.Z_SYNC_FLUSH), given);
  onEnd({ bytes, sha256: hash.digest('hex'), truncated });
}

function isPacked(file: string): boolean {
  return file.endsWith('.gz');
}

/** Reads into one buffer again and again, since the system takes longer to provide fresh memory than to read. */
async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, READ_UNTRUSTED);
  try {
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function unpacked(source: AsyncIterable<Buffer>, finishFlush: number): AsyncIterable<Buffer> {
  // Errors of either end reach whoever iterates over the result.
  return pipeline(source, createGunzip({ chunkSize: CHUNK_BYTES, finishFlush }), () => undefined);
}

async function* skipped(chunks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

function unpack(raw: Buffer): { content: Buffer; truncated: boolean } {
  try {
    return { content: gunzipSync(raw), truncated: false };
  } catch (thrown) {
    if (!hasCode(thrown, 'Z_BUF_ERROR')) throw thrown;
    return { content: gunzipSync(raw, { finishFlush: constants.Z_SYNC_FLUSH }), truncated: true };
  }
}

function withoutMark(content: Buffer): Buffer {
  const marked = content.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return marked ? content.subarray(BYTE_ORDER_MARK.length) : content;
}
