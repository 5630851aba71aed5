import { crc32c } from '@node-rs/crc32';
import { compressFrameSync } from 'lz4-napi';
import { gzipSync } from 'node:zlib';
import { compressSync } from 'snappy';
import type { AbortedTransaction } from '../../../clients/kafka/fetch';
import type { RecordSource } from '../../../clients/kafka/fetched-batches';
import { encodeRecordBatch } from '../../../clients/kafka/record-batch';
import { varintSize, writeVarint } from '../../../clients/kafka/varint';

const MEBIBYTE = 2 ** 20;
const HEADER_BYTES = 61;
export const CODECS = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
export type Codec = keyof typeof CODECS;

/** The result of a fetch of events/3. */
export function fetched(recordSet: Buffer, offset = 0, abortedTransactions: AbortedTransaction[] = []): RecordSource {
  return { topic: 'events', partition: 3, offset, recordSet, abortedTransactions };
}

/** A batch of records from offset 0 on, whose bytes are already compressed. */
export async function batchOf(records: number, codec: Codec, payload: Buffer): Promise<Buffer> {
  const producer = { producerId: 1n, producerEpoch: 0, firstSequence: 0 };
  const head = (await encodeRecordBatch([{ key: null, value: null }], 32, producer)).subarray(0, HEADER_BYTES);
  const batch = Buffer.concat([head, payload]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt16BE(CODECS[codec], 21);
  batch.writeInt32BE(records - 1, 23);
  batch.writeInt32BE(records, 57);
  return sealed(batch);
}

/** The batch with the checksum of its current bytes. */
export function sealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

export function compressed(codec: Codec, body: Buffer): Buffer {
  switch (codec) {
    case 'none':
      return body;
    case 'gzip':
      return gzipSync(body);
    case 'snappy':
      return compressSync(body);
    case 'lz4':
      return compressFrameSync(body);
    case 'zstd':
      return zstdFrame([body]);
  }
}

/** The head of a record, up to the bytes of its value. Its offset is relative to that of its batch. */
export function headOf(offset: number, valueBytes: number, headers = 1): Buffer {
  const [head, rest] = [Buffer.alloc(32), 3 + varintSize(offset) + varintSize(valueBytes) + valueBytes + headers];
  let at = writeVarint(head, 0, rest);
  at += 2; // attributes and time
  at = writeVarint(head, at, offset);
  at = writeVarint(head, at, -1); // no key
  return head.subarray(0, writeVarint(head, at, valueBytes));
}

/** A whole record. Its value repeats one byte. */
export function recordOf(offset: number, valueBytes: number): Buffer {
  return Buffer.concat([headOf(offset, valueBytes), Buffer.alloc(valueBytes, 'x'), Buffer.alloc(1)]);
}

/** One zstd frame. A buffer is kept as it is; a number is that many mebibytes of the letter x, each in 32 bytes. */
export function zstdFrame(parts: readonly (Buffer | number)[]): Buffer {
  const [RAW, RLE, BLOCK] = [0, 1, 2 ** 17];
  const header = (type: number, size: number, isLast = 0): Buffer => {
    const bytes = Buffer.alloc(3);
    bytes.writeUIntLE(isLast | (type << 1) | (size << 3), 0, 3);
    return bytes;
  };
  const blocks = parts.flatMap((part) => {
    if (typeof part === 'number') {
      return Array.from({ length: (part * MEBIBYTE) / BLOCK }, () =>
        Buffer.concat([header(RLE, BLOCK), Buffer.from('x')]),
      );
    }
    const pieces = Array.from({ length: Math.ceil(part.length / BLOCK) }, (_, i) =>
      part.subarray(i * BLOCK, (i + 1) * BLOCK),
    );
    return pieces.map((piece) => Buffer.concat([header(RAW, piece.length), piece]));
  });
  const windowOf2MiB = 11 << 3;
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, windowOf2MiB]), ...blocks, header(RAW, 0, 1)]);
}

/** 29 KB that expand to three records. The middle one has a value of 900 MiB, the others have two bytes. */
export function zstdBomb(): Promise<Buffer> {
  const size = 900 * MEBIBYTE;
  const [first, last] = [recordOf(0, 2), recordOf(2, 2)];
  return batchOf(3, 'zstd', zstdFrame([Buffer.concat([first, headOf(1, size)]), 900, Buffer.alloc(1), last]));
}

/** A record with a value of two bytes, followed by 32 MiB of headers without a name or value. */
export function headersBomb(): Promise<Buffer> {
  const bytes = 32 * MEBIBYTE;
  const count = Buffer.alloc(5);
  const head = Buffer.concat([Buffer.from('xx'), count.subarray(0, writeVarint(count, 0, bytes / 2))]);
  const record = Buffer.concat([headOf(1, 2, head.length - 2 + bytes), head, Buffer.alloc(bytes)]);
  return batchOf(3, 'gzip', gzipSync(Buffer.concat([recordOf(0, 2), record, recordOf(2, 2)])));
}

/** A record of 50 MiB between two records of two bytes. */
export function largeRecord(codec: Codec): Promise<Buffer> {
  const body = Buffer.concat([recordOf(0, 2), recordOf(1, 50 * MEBIBYTE), recordOf(2, 2)]);
  return batchOf(3, codec, compressed(codec, body));
}

/** 2 million empty records, in some kilobytes. */
export function manyRecords(): Promise<Buffer> {
  const records = 2_000_000;
  const body = Buffer.alloc(10 * records);
  let at = 0;
  for (let offset = 0; offset < records; offset += 1) {
    at = writeVarint(body, at, 5 + varintSize(offset));
    at = writeVarint(body, at + 2, offset); // After attributes and time.
    at = writeVarint(body, at, -1); // No key,
    at = writeVarint(body, at, -1) + 1; // no value, and no header.
  }
  return batchOf(records, 'gzip', gzipSync(body.subarray(0, at)));
}
