import type * as Lz4 from 'lz4-napi';
import { promisify } from 'node:util';
import { createGunzip, gunzip, gunzipSync } from 'node:zlib';
import type * as Snappy from 'snappy';
import { hasCode } from '../../domain/errors';
import { loadZstd, unzstd, zstdChunks } from '../zstd';

/** Loaded by the first batch that needs them: most topics have one codec. */
let snappy: Promise<typeof Snappy> | undefined;
let lz4: Promise<typeof Lz4> | undefined;

const MEBIBYTE = 2 ** 20;
/**
 * The limit of what is unpacked at once. A normal batch has 1 MiB at most. A larger one is unpacked chunk by chunk, as
 * fast as its records are taken, so that memory stays bounded however well it compresses.
 */
const AT_ONCE = 4 * MEBIBYTE;
const CHUNK = MEBIBYTE / 4;

const gunzipInThread = promisify(gunzip);
/** Below this many compressed bytes, handing over to a thread costs more than inflating here, up to a mebibyte. */
const INFLATE_HERE = 16_384;

/** By the number of the codec in a record batch's attributes. */
const CODECS: readonly ((payload: Buffer) => AsyncGenerator<Buffer>)[] = [
  plain,
  gunzipped,
  unsnappied,
  unlz4,
  unzstded,
];

/**
 * The records of a batch, in chunks that may end within a record; undefined if the codec is unknown. A chunk has a few
 * mebibytes at most. The exception is snappy, which cannot be cut: its blocks are up to 22 times the size that the
 * broker accepted.
 */
export function decompress(codec: number, payload: Buffer): AsyncGenerator<Buffer> | undefined {
  return CODECS[codec]?.(payload);
}

// eslint-disable-next-line @typescript-eslint/require-await -- of one kind with the others
async function* plain(payload: Buffer): AsyncGenerator<Buffer> {
  yield payload;
}

async function* gunzipped(payload: Buffer): AsyncGenerator<Buffer> {
  const whole = await gunzipAtOnce(payload);
  if (whole !== undefined) {
    yield whole;
    return;
  }
  const stream = createGunzip({ chunkSize: CHUNK });
  stream.end(payload);
  for await (const chunk of stream) yield chunk as Buffer; // A stream of bytes yields Buffers.
}

/** Undefined if the result would exceed a limit. */
async function gunzipAtOnce(payload: Buffer): Promise<Buffer | undefined> {
  try {
    if (payload.length < INFLATE_HERE) return gunzipSync(payload, { maxOutputLength: MEBIBYTE });
    return await gunzipInThread(payload, { maxOutputLength: AT_ONCE });
  } catch (thrown) {
    if (hasCode(thrown, 'ERR_BUFFER_TOO_LARGE')) return undefined;
    throw thrown;
  }
}

/**
 * Java's clients begin snappy data with these bytes, followed by blocks with their lengths. Others send one bare block.
 */
const JAVA_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const JAVA_HEADER_BYTES = 16;
/** Three compressed bytes stand for 64 bytes at most. */
const MOST_OF_SNAPPY = 22;

async function* unsnappied(payload: Buffer): AsyncGenerator<Buffer> {
  if (!payload.subarray(0, JAVA_MAGIC.length).equals(JAVA_MAGIC)) {
    yield await snappyBlock(payload);
    return;
  }
  for (let at = JAVA_HEADER_BYTES; at < payload.length;) {
    const start = at + 4;
    at = start + payload.readUInt32BE(at);
    yield await snappyBlock(payload.subarray(start, at));
  }
}

async function snappyBlock(compressed: Buffer): Promise<Buffer> {
  // The block begins with its length. Memory is allocated for that length before a byte is unpacked.
  let length = 0;
  for (const [index, byte] of compressed.subarray(0, 5).entries()) {
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  if (length > MOST_OF_SNAPPY * compressed.length) throw new RangeError(`a snappy block claims ${length} bytes`);
  const { uncompress } = await (snappy ??= import('snappy'));
  const bytes = await uncompress(compressed, { asBuffer: true });
  return typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
}

const LZ4_MAGIC = 0x184d2204;
/** By the descriptor of the frame: 64 KiB, 256 KiB, 1 MiB or 4 MiB. */
const LZ4_BLOCK_BYTES: readonly (number | undefined)[] = [4, 5, 6, 7].map((size) => 2 ** (2 * size + 8));

/** Unpacks one frame, block by block. A broker accepts only blocks that do not refer to each other. */
async function* unlz4(payload: Buffer): AsyncGenerator<Buffer> {
  if (payload.readUInt32LE(0) !== LZ4_MAGIC) throw new RangeError('no lz4 frame');
  const flags = payload.readUInt8(4);
  const most = LZ4_BLOCK_BYTES[((payload.readUInt8(5) >> 4) & 7) - 4];
  if (most === undefined || (flags & 0x21) !== 0x20)
    throw new RangeError('an lz4 frame of a kind that Kafka does not have');
  const [hasChecksums, hasSize] = [(flags & 0x10) !== 0, (flags & 0x08) !== 0];
  for (let at = hasSize ? 15 : 7; ;) {
    const head = payload.readUInt32LE(at);
    if (head === 0) return;
    const start = at + 4;
    const end = start + (head & 0x7fff_ffff);
    const block = payload.subarray(start, end);
    yield head >= 0x8000_0000 ? block : await lz4Block(block, most);
    at = end + (hasChecksums ? 4 : 0);
  }
}

/** The library allocates the length in front of a block. The block need not fill all of it. */
async function lz4Block(block: Buffer, most: number): Promise<Buffer> {
  const sized = Buffer.allocUnsafe(4 + block.length);
  sized.writeUInt32LE(Math.min(most, 255 * block.length), 0);
  block.copy(sized, 4);
  const { uncompress } = await (lz4 ??= import('lz4-napi'));
  return uncompress(sized);
}

const YIELD_EVERY = MEBIBYTE;
/** Large batches are unpacked one after the other, since each may take a window of 128 MiB. */
let lastLargeBatch: Promise<void> = Promise.resolve();

/**
 * Unpacks in WebAssembly on this thread, and lets other work run after each mebibyte. Node 20 has no zstd of its own.
 */
async function* unzstded(payload: Buffer): AsyncGenerator<Buffer> {
  await loadZstd();
  const whole = unzstdAtOnce(payload);
  if (whole !== undefined) {
    yield whole;
    return;
  }
  const before = lastLargeBatch;
  let endTurn = (): void => undefined;
  lastLargeBatch = new Promise<void>((resolve) => (endTurn = resolve));
  try {
    await before;
    yield* unzstd([payload], YIELD_EVERY);
  } finally {
    endTurn();
  }
}

/** Undefined if the result exceeds the limit. */
function unzstdAtOnce(payload: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (const chunk of zstdChunks([payload])) {
    bytes += chunk.length;
    if (bytes > AT_ONCE) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
