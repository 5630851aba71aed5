import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { READ_UNTRUSTED, readUntrustedSync } from '../../clients/storage/local/safe-path';
import { readDamagedGzip, type FileFault } from './gzip/damaged-gzip';
import { hasCode } from '../../clients/storage/local/fs-errors';
import { isPacked } from './gzip/gzip-name';
import { unreadable, type ListedFile } from './input-files';

/** What a file is, known once it was read to its end. */
export interface ReadFile {
  readonly bytes: number;
  readonly sha256: string;
  /** What of a compressed file cannot be read, as of one that is still being written. */
  readonly faults: readonly FileFault[];
}

/** A compressed file is not whole, which showed when some of it had been given already: read again, carefully. */
export class NotWhole extends Error {}

const CHUNK_BYTES = 4 * 1024 * 1024;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/**
 * A whole small file, unpacked, without its byte order mark; `large` where that is more than so many bytes by now, `damaged`
 * where it is compressed and not whole. Synchronous: for a day of 86,400 files asynchronous reads cost more than the whole
 * build. Throws UNREADABLE_INPUT.
 */
export function readSmallFile(
  { file, path }: ListedFile,
  most: number,
): { readonly content: Buffer; readonly read: ReadFile } | 'large' | 'damaged' {
  try {
    const raw = readUntrustedSync(path, most);
    if (raw === undefined) return 'large';
    const content = isPacked(file) && raw.length > 0 ? unpackWhole(raw, most) : raw;
    if (typeof content === 'string') return content;
    const sha256 = createHash('sha256').update(raw).digest('hex');
    return { content: withoutMark(content), read: { bytes: raw.length, sha256, faults: [] } };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * The content of a file in chunks, unpacked, without its byte order mark; then says what was read. A chunk is valid only
 * until the next one is asked for. Throws UNREADABLE_INPUT, and NotWhole unless it is read `carefully`, which takes twice as long where it is
 * compressed: what of it can be trusted is found out before any of it is given.
 */
export async function* readLargeFile(
  { file, path }: Pick<ListedFile, 'file' | 'path'>,
  carefully: boolean,
  onEnd: (read: ReadFile) => void,
): AsyncGenerator<Buffer> {
  let isFirst = true;
  try {
    for await (const chunk of contentOf(file, path, carefully, onEnd)) {
      yield isFirst ? withoutMark(chunk) : chunk;
      isFirst = false;
    }
  } catch (cause) {
    throw cause instanceof NotWhole ? cause : unreadable(path, cause);
  }
}

function contentOf(
  file: string,
  path: string,
  carefully: boolean,
  onEnd: (read: ReadFile) => void,
): AsyncGenerator<Buffer> {
  if (!isPacked(file)) return hashed(path, (chunks) => chunks, onEnd);
  return carefully ? readDamagedGzip(path, onEnd) : readWholeGzip(path, onEnd);
}

async function* readWholeGzip(path: string, onEnd: (read: ReadFile) => void): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // Errors of either end reach whoever iterates over the result.
  const unpacked = (chunks: AsyncIterable<Buffer>) => pipeline(chunks, gunzip, () => undefined);
  try {
    yield* hashed(path, unpacked, (read) => {
      // Node's own takes a zero behind a member for the end of the file.
      if (gunzip.bytesWritten !== read.bytes) throw new NotWhole();
      onEnd(read);
    });
  } catch (cause) {
    throw isOfData(cause) ? new NotWhole() : cause;
  } finally {
    gunzip.destroy();
  }
}

/** The chunks of a file as `through` gives them; then says what was read. */
async function* hashed(
  path: string,
  through: (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>,
  onEnd: (read: ReadFile) => void,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* raw(): AsyncGenerator<Buffer> {
    for await (const chunk of chunksOf(path)) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  yield* through(raw());
  onEnd({ bytes, sha256: hash.digest('hex'), faults: [] });
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

function unpackWhole(raw: Buffer, most: number): Buffer | 'large' | 'damaged' {
  try {
    const { buffer, engine } = gunzipSync(raw, { info: true, maxOutputLength: most }) as unknown as GunzipInfo;
    return engine.bytesWritten === raw.length ? buffer : 'damaged';
  } catch (thrown) {
    if (isOfData(thrown)) return 'damaged';
    if (hasCode(thrown, 'ERR_BUFFER_TOO_LARGE')) return 'large';
    throw thrown;
  }
}

/** What `info` makes a synchronous call return; its type does not know. */
interface GunzipInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function isOfData(thrown: unknown): boolean {
  return hasCode(thrown, 'Z_DATA_ERROR') || hasCode(thrown, 'Z_BUF_ERROR');
}

function withoutMark(content: Buffer): Buffer {
  const marked = content.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return marked ? content.subarray(BYTE_ORDER_MARK.length) : content;
}
