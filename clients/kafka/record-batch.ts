import { crc32c } from '@node-rs/crc32';
import { promisify } from 'node:util';
import { constants, gzip, gzipSync } from 'node:zlib';
import { varintSize, writeVarint } from './varint';

/** A record to write. Text is UTF-8. */
export interface NewRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | string | null;
  readonly headers?: readonly NewHeader[];
  /** A partition of the topic. Default: the partition of the key; without a key, the partitions in rotation. */
  readonly partition?: number;
}

export interface NewHeader {
  readonly name: string;
  readonly value: Buffer | string | null;
}

/** The identity of the producer. With it the broker fences zombies and drops what it already has. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
}

const HEADER_BYTES = 61;
/** Six lengths of up to five bytes each, and two bytes. */
const RECORD_BYTES = 32;
const GZIP = 1;
const TRANSACTIONAL = 16;
/** Below this many bytes, handing over to a thread costs more than deflating here. */
const DEFLATE_HERE = 4_096;
/** Rows are so similar to each other that higher levels gain little and cost much. */
const LEVEL = { level: constants.Z_BEST_SPEED };
const deflate = promisify(gzip);

/** The size of a record before compression, in bytes, or slightly more. */
export function recordSize({ key, value, headers = [] }: NewRecord): number {
  let size = RECORD_BYTES + (key?.length ?? 0) + byteLength(value);
  for (const header of headers) size += headerSize(header);
  return size;
}

/** The part of the record's size that a header takes. */
export function headerSize({ name, value }: NewHeader): number {
  return 10 + Buffer.byteLength(name) + byteLength(value);
}

/**
 * One transactional record batch (format 2, gzip), as a produce request carries it. `size` is the sum of the record
 * sizes.
 */
export async function encodeRecordBatch(
  records: readonly NewRecord[],
  size: number,
  producer: BatchProducer,
): Promise<Buffer> {
  const body = encodeRecords(records, size);
  const compressed = body.length < DEFLATE_HERE ? gzipSync(body, LEVEL) : await deflate(body, LEVEL);
  const now = BigInt(Date.now());
  const batch = Buffer.alloc(HEADER_BYTES + compressed.length);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(GZIP | TRANSACTIONAL, 21);
  batch.writeInt32BE(records.length - 1, 23);
  batch.writeBigInt64BE(now, 27);
  batch.writeBigInt64BE(now, 35);
  batch.writeBigInt64BE(producer.producerId, 43);
  batch.writeInt16BE(producer.producerEpoch, 51);
  batch.writeInt32BE(producer.firstSequence, 53);
  batch.writeInt32BE(records.length, 57);
  compressed.copy(batch, HEADER_BYTES);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

function encodeRecords(records: readonly NewRecord[], size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [index, record] of records.entries()) {
    at = writeVarint(buffer, at, bodySize(record, index));
    buffer[at++] = 0; // attributes
    buffer[at++] = 0; // the time stamp's difference to that of the batch
    at = writeVarint(buffer, at, index);
    at = writeBytes(buffer, at, record.key);
    at = writeBytes(buffer, at, record.value);
    const { headers = [] } = record;
    at = writeVarint(buffer, at, headers.length);
    for (const { name, value } of headers) at = writeBytes(buffer, writeBytes(buffer, at, name), value);
  }
  return buffer.subarray(0, at);
}

function bodySize({ key, value, headers = [] }: NewRecord, index: number): number {
  let size = 2 + varintSize(index) + bytesSize(key) + bytesSize(value) + varintSize(headers.length);
  for (const header of headers) size += bytesSize(header.name) + bytesSize(header.value);
  return size;
}

function bytesSize(bytes: Buffer | string | null): number {
  if (bytes === null) return 1;
  const length = byteLength(bytes);
  return varintSize(length) + length;
}

function writeBytes(buffer: Buffer, position: number, bytes: Buffer | string | null): number {
  if (bytes === null) return writeVarint(buffer, position, -1);
  if (typeof bytes === 'string') {
    const at = writeVarint(buffer, position, Buffer.byteLength(bytes));
    return at + buffer.write(bytes, at);
  }
  const at = writeVarint(buffer, position, bytes.length);
  return at + bytes.copy(buffer, at);
}

function byteLength(bytes: Buffer | string | null): number {
  return bytes === null ? 0 : typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
}
