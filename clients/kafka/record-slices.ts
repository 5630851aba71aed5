import { AbortedTransactions } from './aborted-transactions';
import { BatchReader, type KafkaHeader, type LongRecord, readHeaders } from './batch-reader';
import { decompress } from './decompress';
import { type Batch, CHECK_THE_DISK, type RecordSource, soundBatchesOf, unreadable } from './fetched-batches';
import { VarintReader } from './varint';

/** A record with everything that a reader may want to keep. */
export interface KafkaRecord {
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly KafkaHeader[];
  /** The size of key and value in bytes, if the record is so large that only beginnings of it are kept. */
  readonly truncatedFrom?: number;
  /** The number of headers that were left out for that reason. */
  readonly headersLeftOut?: number;
}

export type { KafkaHeader };

/** Some consecutive records of a partition. Values are views of the fetched bytes. */
export interface RecordSlice {
  readonly values: readonly (Buffer | null)[];
  /**
   * The offset to read from after this slice. It can advance without a record, because control records have offsets
   * too.
   */
  readonly nextOffset: number;
  /** Positions of values that exceed the limit. Only their beginnings are kept. */
  readonly oversized: ReadonlySet<number>;
  /** The whole record at a position of `values`. */
  record(index: number): KafkaRecord;
}

export interface SliceLimits {
  /** Called for each record, so the limit may change while slices are taken. */
  readonly rows: () => number;
  /** The size of whole records, and of their headers in memory. */
  readonly bytes: number;
  /** The limit of one value. A record that exceeds it by a mebibyte is cut. Default: 64 MiB. */
  readonly valueBytes?: () => number;
}

const MOST_VALUE_BYTES = 64 * 2 ** 20;
/** The memory that a header takes in addition to its bytes. */
const HEADER_OVERHEAD = 64;

/**
 * Cuts the record batches of a fetch into slices. It unpacks a batch while its records are taken, so that memory stays
 * bounded however well they compress. It leaves out control records, records of aborted transactions and records before
 * the requested offset. Throws KAFKA_REFUSED if a batch cannot be read.
 */
export async function* recordSlices(source: RecordSource, limits: SliceLimits): AsyncGenerator<RecordSlice> {
  const { offset: from } = source;
  const transactions = new AbortedTransactions(source.abortedTransactions);
  let slice = new SliceBuilder(from);
  let previous = -1;
  let failure: { readonly cause: unknown } | undefined;
  try {
    for (const batch of soundBatchesOf(source)) {
      if (batch.lastOffset < from) continue;
      if (batch.isControl) transactions.end(batch);
      else if (!transactions.isAborted(batch)) {
        const records = new BatchReader(bodyOf(source, batch), limits.valueBytes?.() ?? MOST_VALUE_BYTES);
        try {
          for (let index = 0; index < batch.records; index++) {
            const record = records.nextInMemory() ?? (await nextOf(records, source, batch));
            const offset =
              typeof record === 'number'
                ? slice.add(batch, records.reader, record, from)
                : slice.addLong(batch, record, from);
            // Offsets rise, also from batch to batch. If they did not, a reader would go back, and for ever.
            if (offset <= previous || offset > batch.lastOffset) {
              throw unreadable(source, batch, 'damaged content', CHECK_THE_DISK);
            }
            previous = offset;
            slice.nextOffset = offset + 1;
            if (slice.rows < limits.rows() && slice.bytes < limits.bytes) continue;
            yield slice.cut(offset + 1);
            slice = new SliceBuilder(offset + 1);
          }
        } finally {
          await records.close();
        }
      }
      slice.nextOffset = batch.lastOffset + 1;
    }
  } catch (thrown) {
    failure = { cause: thrown };
  }
  // Also what stands before a batch that cannot be read.
  if (slice.rows > 0 || slice.nextOffset > slice.from) yield slice.cut(slice.nextOffset);
  if (failure !== undefined) throw failure.cause;
}

/**
 * How many committed records a fetch holds from the requested offset to below `end`, without inflating them. Control
 * records and records of aborted transactions do not count. Assumes that the offsets of a batch's records are
 * consecutive, which is true unless the topic is compacted.
 */
export function countRecords(source: RecordSource, end: number): number {
  const transactions = new AbortedTransactions(source.abortedTransactions);
  let count = 0;
  for (const batch of soundBatchesOf(source)) {
    if (batch.isControl) transactions.end(batch);
    else if (!transactions.isAborted(batch)) {
      const within = Math.min(batch.lastOffset + 1, end) - Math.max(batch.baseOffset, source.offset);
      count += Math.min(Math.max(0, within), batch.records);
    }
  }
  return count;
}

/** The records of a slice at the positions from `start` to below `end`, as a slice. */
export function partOf(slice: RecordSlice, start: number, end: number): RecordSlice {
  const { values, oversized } = slice;
  if (start === 0 && end >= values.length) return slice;
  return {
    values: values.slice(start, end),
    nextOffset: end < values.length ? slice.record(end).offset : slice.nextOffset,
    oversized: new Set([...oversized].filter((index) => index >= start && index < end).map((index) => index - start)),
    record: (index) => slice.record(start + index),
  };
}

class SliceBuilder {
  readonly from: number;
  nextOffset: number;
  bytes = 0;
  readonly #values: (Buffer | null)[] = [];
  readonly #batches: Batch[] = [];
  readonly #bodies: Buffer[] = [];
  readonly #positions: number[] = [];
  readonly #long = new Map<number, KafkaRecord>();
  readonly #oversized = new Set<number>();

  constructor(from: number) {
    this.from = from;
    this.nextOffset = from;
  }

  get rows(): number {
    return this.#values.length;
  }

  /**
   * Adds the record at the reader's position, unless it is before `from`. Returns its offset; -1 if its parts are longer
   * than itself.
   */
  add(batch: Batch, reader: VarintReader, length: number, from: number): number {
    const start = reader.position;
    const end = start + length;
    reader.position++;
    skipVarint(reader);
    const offset = batch.baseOffset + reader.read();
    if (offset >= from) {
      const key = reader.read();
      if (key > 0) reader.position += key;
      this.#values.push(reader.readBytes());
      this.#batches.push(batch);
      this.#bodies.push(reader.buffer);
      this.#positions.push(start);
      this.bytes += length + HEADER_OVERHEAD * Math.max(0, reader.read());
      if (reader.position > end) return -1;
    }
    reader.position = end;
    return offset;
  }

  /** The same for a record of which only a part is kept. */
  addLong(batch: Batch, long: LongRecord, from: number): number {
    const { isOversized, ...kept } = long;
    const offset = batch.baseOffset + kept.offset;
    if (offset < from) return offset;
    if (isOversized) this.#oversized.add(this.rows);
    this.#long.set(this.rows, { ...kept, offset, timestamp: timestampIn(batch, kept.timestamp) });
    this.#values.push(kept.value);
    this.#batches.push(batch);
    this.#bodies.push(NOTHING);
    this.#positions.push(0);
    const headers = kept.headers.reduce((sum, { value }) => sum + HEADER_OVERHEAD + (value?.length ?? 0), 0);
    this.bytes += (kept.key?.length ?? 0) + (kept.value?.length ?? 0) + headers;
    return offset;
  }

  cut(nextOffset: number): RecordSlice {
    const [batches, bodies, positions, long] = [this.#batches, this.#bodies, this.#positions, this.#long];
    return {
      values: this.#values,
      nextOffset,
      oversized: this.#oversized,
      record: (index) => {
        const [batch, body, position] = [batches[index], bodies[index], positions[index]];
        if (batch === undefined || body === undefined || position === undefined) {
          throw new RangeError(`the slice has no record ${index}`);
        }
        return long.get(index) ?? recordAt(batch, body, position);
      },
    };
  }
}

const NOTHING = Buffer.alloc(0);

function skipVarint(reader: VarintReader): void {
  while ((reader.buffer[reader.position++] ?? 0) >= 0x80);
}

function recordAt(batch: Batch, body: Buffer, position: number): KafkaRecord {
  const reader = new VarintReader(body, position + 1);
  const timestamp = timestampIn(batch, reader.readLong());
  const offset = batch.baseOffset + reader.read();
  const key = reader.readBytes();
  const value = reader.readBytes();
  const { headers, leftOut } = readHeaders(reader, Infinity);
  const truncatedFrom = (key?.length ?? 0) + (value?.length ?? 0);
  return { offset, timestamp, key, value, headers, ...(leftOut > 0 && { truncatedFrom, headersLeftOut: leftOut }) };
}

function timestampIn({ isLogAppendTime, maxTimestamp, firstTimestamp }: Batch, delta: number): number {
  return isLogAppendTime ? maxTimestamp : firstTimestamp + delta;
}

function bodyOf(source: RecordSource, batch: Batch): AsyncGenerator<Buffer> {
  const { codec, payload } = batch;
  const body = decompress(codec, payload);
  if (body === undefined) {
    throw unreadable(source, batch, `unknown compression ${codec}`, 'Use none, gzip, snappy, lz4 or zstd.');
  }
  return body;
}

async function nextOf(records: BatchReader, source: RecordSource, batch: Batch): Promise<number | LongRecord> {
  try {
    return await records.next();
  } catch (cause) {
    throw unreadable(source, batch, 'damaged content', CHECK_THE_DISK, cause);
  }
}
