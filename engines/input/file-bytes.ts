import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { DaybreakError, hasCode } from '../../domain/errors';
import { isNeighbour } from '../../domain/file-hours';
import { READ_UNTRUSTED, readUntrustedSync } from '../../clients/storage/local/safe-path';
import { readDamagedGzip, readGzipFrom, type FileFault } from './gzip/damaged-gzip';
import type { Framing } from '../../domain/pipeline';
import { bufferFor } from './buffer-for';
import { BEGINNING_OF_FILE, compressionOf, isNamedForeign, packedAgain, type Compression } from './compression';
import { hashFile } from './hash-file';
import { readRange } from './file-range';
import { unreadable, type ByteRange, type ListedFile } from './listed-file';
import { BYTES_THAT_SAY_FRAMING, framingFault, JsonFraming } from './framing/json-framing';
import { countLineFeeds } from './framing/line-feeds';
import { PeekedStream } from './peeked-stream';
import { readDamagedZstd, readZstd, readZstdFrom } from './zstd-file';

/** Facts about a file that was read to its end. */
export interface ReadFile {
  readonly bytes: number;
  /** See InputFile. */
  readonly sha256: string;
  /**
   * The parts that were not read: those of a damaged compressed file, or all of a file in a format that is not read.
   */
  readonly faults: readonly FileFault[];
}

/** A compressed file turned out not to be whole after some of it was given. It must be read again, carefully. */
export class NotWhole extends Error {}

const CHUNK_BYTES = 4 * 1024 * 1024;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** How a file is to be read. */
export interface FileFormat {
  /** Undefined if the content is to be given as it is. */
  readonly framing: Framing | undefined;
}

/**
 * A whole small file, unpacked, as lines, without its byte order mark. Gives `large` if it now has more than `most`
 * bytes or is packed in a format that is read like a large file, and `damaged` if it is compressed and not whole.
 * Synchronous, because for a day of 86,400 files asynchronous reads cost more than the whole build. Throws
 * UNREADABLE_INPUT.
 */
export function readSmallFile(
  { file, path, unread }: Pick<ListedFile, 'file' | 'path' | 'unread'>,
  most: number,
  { framing }: FileFormat,
): { readonly content: Buffer; readonly read: ReadFile } | 'large' | 'damaged' {
  if (unread !== undefined) return 'large';
  try {
    const raw = readUntrustedSync(path, most);
    if (raw === undefined) return 'large';
    const compression = compressionOf(file, raw.subarray(0, BEGINNING_OF_FILE));
    if (compression === 'zstd') return 'large';
    const unpacked = compression === 'gzip' && raw.length > 0 ? unpackWhole(raw, most) : raw;
    if (typeof unpacked === 'string') return unpacked;
    const read = { bytes: raw.length, sha256: createHash('sha256').update(raw).digest('hex') };
    const plain = withoutMark(unpacked);
    const fault = typeof compression === 'object' ? compression.foreign : faultOf(compression, framing, plain);
    if (fault !== undefined)
      return { content: NOTHING, read: { ...read, faults: [{ line: 1, reason: fault, isWhole: true }] } };
    if (framing !== 'json') return { content: plain, read: { ...read, faults: [] } };
    const reader = new JsonFraming();
    const content = reader.lines(plain);
    return { content, read: { ...read, faults: reader.isOpen ? [openRecord(content)] : [] } };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

const NOTHING = Buffer.alloc(0);

/** Why unpacked content is not read as records, by its beginning; see `framingFault`. */
function faultOf(compression: Compression, framing: Framing | undefined, plain: Buffer): string | undefined {
  if (framing === undefined) return undefined;
  return packedAgain(compression, plain.subarray(0, BEGINNING_OF_FILE)) ?? framingFault(framing, plain);
}

/** What must be known of a large file to read it. */
type LargeFile = Pick<ListedFile, 'file' | 'path' | 'unread' | 'range' | 'fetch'> &
  Partial<Pick<ListedFile, 'hour'>> &
  ({ readonly stream?: undefined } | Pick<ListedFile, 'stream' | 'bytes'>);

/**
 * The content of a file in chunks, unpacked, as lines, without its byte order mark. At the end it reports what was
 * read. A chunk is valid only until the next one is requested. Throws UNREADABLE_INPUT, also if nothing of a gzip file
 * can be read, unless it is of a neighbouring hour. Throws NotWhole unless it reads `carefully`. Careful reading checks
 * what of a compressed file can be trusted before it gives any of it, which takes twice as long.
 */
export async function* readLargeFile(
  listed: LargeFile,
  { carefully, framing }: FileFormat & { readonly carefully: boolean },
  onEnd: (read: ReadFile) => void,
): AsyncGenerator<Buffer> {
  const { file, path, unread, fetch, stream } = listed;
  if (listed.range !== undefined) {
    yield* readPartOf(path, listed.range, onEnd);
    return;
  }
  const leaveOut = async (reason: string): Promise<void> => {
    // A large file of a storage is not fetched for its hash alone.
    const content = listed.stream === undefined ? await hashFile(path) : { bytes: listed.bytes, sha256: '' };
    onEnd({ ...content, faults: [{ line: 1, reason, isWhole: true }] });
  };
  if (carefully || isNamedForeign(file)) {
    const reason = await foreignReason(listed);
    if (reason !== undefined) {
      await leaveOut(reason);
      return;
    }
  }
  // What is read more than once is read from a copy.
  const streamed = carefully || stream === undefined ? undefined : new PeekedStream(stream());
  if (streamed === undefined) await fetch?.();
  try {
    const beginning = async () => streamed?.beginning(BEGINNING_OF_FILE) ?? beginningOf(path);
    const compression = unread === undefined ? compressionOf(file, await beginning()) : { foreign: unread };
    if (typeof compression === 'object') {
      await leaveOut(compression.foreign);
      return;
    }
    let isFirst = true;
    let read: ReadFile | undefined;
    const reader = framing === 'json' ? new JsonFraming() : undefined;
    let lines = 0;
    let last: Buffer = NOTHING;
    if (compression === 'zstd') await fetch?.();
    const chunks = streamed?.chunks() ?? chunksOf(path);
    const content = contentOf(compression, { path, chunks, carefully }, (found) => (read = found));
    for await (const chunk of framing === undefined ? content : beginningFirst(content)) {
      const plain = isFirst ? withoutMark(chunk) : chunk;
      const fault = isFirst ? faultOf(compression, framing, plain) : undefined;
      isFirst = false;
      if (fault !== undefined) {
        await leaveOut(fault);
        return;
      }
      if (reader === undefined) {
        yield plain;
        continue;
      }
      last = reader.lines(plain);
      lines += countLineFeeds(last);
      yield last;
    }
    if (read === undefined) throw new Error(`the end of ${file} was not reached`);
    const nothing = read.faults.find(({ isWhole }) => isWhole === true);
    // A file of a neighbouring hour stops its own day alone.
    if (nothing !== undefined && !isNeighbour(listed.hour ?? '')) throw new Error(nothing.reason);
    const faults = reader?.isOpen === true ? [...read.faults, { ...openRecord(last), line: lines + 1 }] : read.faults;
    onEnd({ ...read, faults });
  } catch (cause) {
    // What a storage throws says what failed there.
    const isExplained = cause instanceof NotWhole || cause instanceof DaybreakError || streamed !== undefined;
    throw isExplained ? cause : unreadable(path, cause);
  } finally {
    await streamed?.close();
  }
}

/**
 * Why a large file of a storage is not read, by its first bytes, which are all that is fetched of it. Undefined if it is
 * read, and for any other file.
 */
export async function foreignReason({
  file,
  stream,
}: Pick<ListedFile, 'file' | 'stream'>): Promise<string | undefined> {
  if (stream === undefined) return undefined;
  const parts: Buffer[] = [];
  for await (const part of stream(BEGINNING_OF_FILE)) parts.push(part);
  const compression = compressionOf(file, Buffer.concat(parts));
  return typeof compression === 'object' ? compression.foreign : undefined;
}

/** The same for a part of a file that is lines of text. */
async function* readPartOf(path: string, range: ByteRange, onEnd: (read: ReadFile) => void): AsyncGenerator<Buffer> {
  try {
    let isFirst = range.from === 0;
    for await (const chunk of readRange(path, range, (read) => {
      onEnd({ ...read, faults: [] });
    })) {
      yield isFirst ? withoutMark(chunk) : chunk;
      isFirst = false;
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * Whether a large local file is plain text that has a record a line, so that a part of it can be read. Throws
 * UNREADABLE_INPUT.
 */
export async function isLinesOfText({ file, path }: Pick<ListedFile, 'file' | 'path'>): Promise<boolean> {
  try {
    const beginning = await beginningOf(path, BYTES_THAT_SAY_FRAMING + 1);
    const isPlain = compressionOf(file, beginning.subarray(0, BEGINNING_OF_FILE)) === 'none';
    return isPlain && framingFault('lines', withoutMark(beginning)) === undefined;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The same bytes, of which the first chunk has enough to say how they are framed, or all. */
async function* beginningFirst(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const parts: Buffer[] = [];
  let [bytes, isKnown] = [0, false];
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (!isKnown && bytes > BYTES_THAT_SAY_FRAMING) {
      isKnown = true;
      yield parts.length === 0 ? chunk : Buffer.concat([...parts, chunk]);
    } else if (isKnown) yield chunk;
    // Copied: a chunk is valid only until the next one is asked for.
    else parts.push(Buffer.from(chunk));
  }
  if (!isKnown && bytes > 0) yield Buffer.concat(parts);
}

/** The file ends within an object: what stands behind a brace that is missing is part of it. */
function openRecord(lines: Buffer): FileFault {
  return {
    line: countLineFeeds(lines) + 1,
    reason: 'the file ends within the JSON object that begins here: records may be missing',
    isCut: true,
  };
}

async function beginningOf(path: string, most = BEGINNING_OF_FILE): Promise<Buffer> {
  const file = await open(path, READ_UNTRUSTED);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

interface PackedContent {
  readonly path: string;
  /** The bytes of the file, which only the first reader gets. */
  readonly chunks: AsyncIterable<Buffer>;
  readonly carefully: boolean;
}

function contentOf(
  compression: Compression,
  { path, chunks, carefully }: PackedContent,
  onEnd: (read: ReadFile) => void,
): AsyncGenerator<Buffer> {
  if (compression === 'none') return hashed(chunks, (plain) => plain, onEnd);
  if (compression === 'zstd') return carefully ? readDamagedZstd(path, onEnd) : readWholeZstd(path, onEnd);
  return carefully ? readDamagedGzip(path, onEnd) : readWholeGzip(chunks, onEnd);
}

/** What can be read of a file from byte `start` on, unpacked. Nothing if the file's format is not read. */
export async function* unpackedFrom(
  { file, path, bytes, unread }: Pick<ListedFile, 'file' | 'path' | 'bytes' | 'unread'>,
  start: number,
): AsyncGenerator<Buffer> {
  if (unread !== undefined) return;
  const compression = compressionOf(file, await beginningOf(path));
  if (compression === 'gzip') yield* readGzipFrom(path, bytes, start);
  else if (compression === 'zstd') yield* readZstdFrom(path, start);
  else if (compression === 'none') yield* createReadStream(path, { start }) as AsyncIterable<Buffer>; // No encoding: Buffers.
}

async function* readWholeZstd(path: string, onEnd: (read: ReadFile) => void): AsyncGenerator<Buffer> {
  const faults: string[] = [];
  yield* readZstd(path, ({ fault, ...read }) => {
    if (fault === undefined) onEnd({ ...read, faults: [] });
    else faults.push(fault);
  });
  if (faults.length > 0) throw new NotWhole();
}

async function* readWholeGzip(packed: AsyncIterable<Buffer>, onEnd: (read: ReadFile) => void): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // Errors of either end reach the caller that iterates over the result.
  const unpacked = (chunks: AsyncIterable<Buffer>) => pipeline(chunks, gunzip, () => undefined);
  try {
    yield* hashed(packed, unpacked, (read) => {
      // Node's gunzip takes a zero behind a member for the end of the file.
      if (gunzip.bytesWritten !== read.bytes) throw new NotWhole();
      onEnd(read);
    });
  } catch (cause) {
    throw isOfData(cause) ? new NotWhole() : cause;
  } finally {
    gunzip.destroy();
  }
}

/** The chunks of a file as `through` gives them. At the end it reports what was read. */
async function* hashed(
  content: AsyncIterable<Buffer>,
  through: (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>,
  onEnd: (read: ReadFile) => void,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* raw(): AsyncGenerator<Buffer> {
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  yield* through(raw());
  onEnd({ bytes, sha256: hash.digest('hex'), faults: [] });
}

/** Reuses one buffer, since the system takes longer to provide fresh memory than to read. */
async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, READ_UNTRUSTED);
  try {
    const buffer = await bufferFor(file, CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
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

/** What a synchronous call returns with `info`; its type does not declare it. */
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
