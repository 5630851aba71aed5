import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { constants, crc32, createInflateRaw } from 'node:zlib';
import { messageOf, hasCode } from '../../../domain/errors';

/** The result of a check of a gzip file at a place where a member begins (RFC 1952). */
export type GzipMember =
  /** `end`: the position behind it. */
  | { readonly kind: 'whole'; readonly end: number }
  /** The bytes end before the member does. */
  | { readonly kind: 'cut' }
  /** `unpacks`: all of its data can be unpacked, but the result differs from the packed bytes. */
  | { readonly kind: 'damaged'; readonly reason: string; readonly unpacks: boolean };

/**
 * Chunks begin small because most members are short, and bytes read beyond a member are read again. No less than a
 * stream holds at once.
 */
const FIRST_CHUNK_BYTES = 64 * 1024;
const MOST_CHUNK_BYTES = 4 * 1024 * 1024;
/** Longer than any header that a program writes. */
const MOST_HEADER_BYTES = 256 * 1024;
const FIXED_HEADER_BYTES = 10;
/** Bytes of the checksum and the length of the data. */
export const TRAILER_BYTES = 8;

/** Whether the bytes can be the beginning of a member; there may be fewer than a header has. */
export function beginsMember(bytes: Buffer): boolean {
  const [first, second = 0x8b, method = 8, flags = 0] = bytes;
  return first === 0x1f && second === 0x8b && method === 8 && (flags & RESERVED_FLAGS) === 0;
}

/** Bytes of a file in chunks of growing size. Each is valid until the next one is requested. */
export async function* bytesBetween(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  let buffer = Buffer.allocUnsafeSlow(Math.min(FIRST_CHUNK_BYTES, end - start));
  for (let at = start; at < end;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
    const wanted = Math.min(4 * buffer.length, MOST_CHUNK_BYTES, end - at);
    if (wanted > buffer.length) buffer = Buffer.allocUnsafeSlow(wanted);
  }
}

/** The bytes as one buffer, which is shorter if the file ends before `end`. */
export async function bytesAt(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytesBetween(file, start, end)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Unpacks the member that begins at `start`, as if the file ended at `end`, and discards the result. */
export async function checkMember(file: FileHandle, start: number, end: number): Promise<GzipMember> {
  const header = await readHeader(file, start, end);
  if (!Buffer.isBuffer(header)) return header;
  if (!isHeaderRight(header)) return damaged('incorrect header check');
  const chunkSize = unpackedChunkBytes(end - start, MOST_UNPACKED_CHUNK_BYTES);
  const inflate = createInflateRaw({ chunkSize, finishFlush: constants.Z_SYNC_FLUSH });
  let [sum, bytes] = [0, 0];
  try {
    const data = bytesBetween(file, start + header.length, end);
    for await (const chunk of pipeline(data, inflate, () => undefined) as AsyncIterable<Buffer>) {
      sum = crc32(chunk, sum);
      bytes += chunk.length;
    }
  } catch (thrown) {
    if (!hasCode(thrown, 'Z_DATA_ERROR')) throw thrown;
    return damaged(messageOf(thrown));
  } finally {
    inflate.destroy();
  }
  // The unpacker reads nothing behind the end of the data. If the data has no end, it reads all of it.
  const behind = start + header.length + inflate.bytesWritten + TRAILER_BYTES;
  if (behind > end) return { kind: 'cut' };
  const trailer = await bytesAt(file, behind - TRAILER_BYTES, behind);
  const [sumThere, bytesThere] = [trailer.readUInt32LE(0), trailer.readUInt32LE(4)];
  if (sumThere === sum && bytesThere === bytes % 2 ** 32) return { kind: 'whole', end: behind };
  // Zeros in place of the checksum or the length are what a loss of power leaves of bytes that were not written yet.
  if (bytesThere === 0 && (sumThere === 0 || sumThere === sum)) return { kind: 'cut' };
  return damaged('incorrect data check', true);
}

/**
 * Size of the buffer into which `packed` bytes are unpacked, piece by piece. A file can have thousands of short members,
 * and each needs a buffer of its own.
 */
export function unpackedChunkBytes(packed: number, most: number): number {
  return Math.min(most, Math.max(FEWEST_UNPACKED_CHUNK_BYTES, packed));
}

function damaged(reason: string, unpacks = false): GzipMember {
  return { kind: 'damaged', reason, unpacks };
}

const MOST_UNPACKED_CHUNK_BYTES = 256 * 1024;
const FEWEST_UNPACKED_CHUNK_BYTES = 16 * 1024;
const CHECKED = 0x02;
const EXTRA = 0x04;
const NAME = 0x08;
const COMMENT = 0x10;
const RESERVED_FLAGS = 0xe0;

/** The bytes of the header, or the result for the member if its header is not whole. */
async function readHeader(file: FileHandle, start: number, end: number): Promise<Buffer | GzipMember> {
  for (const most of [1024, MOST_HEADER_BYTES]) {
    const bytes = await bytesAt(file, start, Math.min(end, start + most));
    const length = headerLength(bytes);
    if (length !== undefined) return bytes.subarray(0, length);
    if (start + bytes.length === end) return { kind: 'cut' };
  }
  return damaged('its header has no end');
}

/** Undefined if the bytes end within the header. */
function headerLength(bytes: Buffer): number | undefined {
  const flags = bytes[3] ?? 0;
  let length = FIXED_HEADER_BYTES;
  if ((flags & EXTRA) !== 0) {
    if (bytes.length < length + 2) return undefined;
    length += 2 + bytes.readUInt16LE(length);
  }
  for (const text of [NAME, COMMENT]) {
    if ((flags & text) === 0) continue;
    const end = bytes.indexOf(0, length);
    if (end === -1) return undefined;
    length = end + 1;
  }
  if ((flags & CHECKED) !== 0) length += 2;
  return length <= bytes.length ? length : undefined;
}

function isHeaderRight(header: Buffer): boolean {
  if (((header[3] ?? 0) & CHECKED) === 0) return true;
  const end = header.length - 2;
  return header.readUInt16LE(end) === (crc32(header.subarray(0, end)) & 0xffff);
}
