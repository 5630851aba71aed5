import { DaybreakError } from '../../domain/errors';
import { decompress } from './decompress';
import { VarintReader } from './varint';

/** A record with all that a reader may want to keep of it. */
export interface KafkaRecord {
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly KafkaHeader[];
  /** The bytes of key and value, where the record is so large that only beginnings of it are here. */
  readonly truncatedFrom?: number;
  /** How many of the headers are not here, because of that. */
  readonly headersLeftOut?: number;
}

export interface KafkaHeader {
  readonly name: string;
  readonly value: Buffer | null;
}

/** Some consecutive records of a partition. Values are views of the fetched bytes. */
export interface RecordSlice {
  readonly values: readonly (Buffer | null)[];
  /** The offset to read from after this slice. May move on without a record: control records have offsets too. */
  readonly nextOffset: number;
  /** The whole record at a position of `values`. */
  record(index: number): KafkaRecord;
}

export interface SliceLimits {
  /** Asked for each record, so that it may change while slices are taken. */
  readonly rows: () => number;
  readonly bytes: number;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

const HEADER_BYTES = 61;

/**
 * Cuts the record batches of a fetch into slices, inflating one batch at a time, so that memory stays bounded however well
 * the records compress. Records before `from`, of aborted transactions, and control records are left out.
 */
export async function* recordSlices(
  recordSet: Buffer,
  from: number,
  aborted: readonly AbortedTransaction[],
  limits: SliceLimits,
): AsyncGenerator<RecordSlice> {
  const transactions = new AbortedTransactions(aborted);
  let slice = new SliceBuilder(from);
  for (const batch of batchesOf(recordSet)) {
    if (batch.lastOffset < from) continue;
    if (batch.isControl) transactions.end(batch);
    else if (!transactions.isAborted(batch)) {
      const body = await bodyOf(batch);
      const reader = new VarintReader(body, 0);
      for (let index = 0; index < batch.records; index++) {
        const end = reader.read() + reader.position;
        const offset = slice.add(batch, reader, from);
        reader.position = end;
        if (slice.rows < limits.rows() && slice.bytes < limits.bytes) continue;
        yield slice.cut(offset + 1);
        slice = new SliceBuilder(offset + 1);
      }
    }
    slice.nextOffset = batch.lastOffset + 1;
  }
  if (slice.rows > 0 || slice.nextOffset > slice.from) yield slice.cut(slice.nextOffset);
}

/** The offset behind the last complete record batch of a fetch; undefined where there is none. */
export function endOfRecords(recordSet: Buffer): number | undefined {
  let end: number | undefined;
  for (const batch of batchesOf(recordSet)) end = batch.lastOffset + 1;
  return end;
}

/**
 * How many committed records a fetch holds from offset `from` to below `to`, without inflating them: control records and those of
 * aborted transactions are none. Takes a batch's records for consecutive, which they are unless the topic is compacted.
 */
export function countRecords(
  recordSet: Buffer,
  { low, high }: { readonly low: number; readonly high: number },
  aborted: readonly AbortedTransaction[],
): number {
  const transactions = new AbortedTransactions(aborted);
  let count = 0;
  for (const batch of batchesOf(recordSet)) {
    if (batch.isControl) transactions.end(batch);
    else if (!transactions.isAborted(batch)) {
      const within = Math.min(batch.lastOffset + 1, high) - Math.max(batch.baseOffset, low);
      count += Math.min(Math.max(0, within), batch.records);
    }
  }
  return count;
}

class SliceBuilder {
  readonly from: number;
  nextOffset: number;
  bytes = 0;
  readonly #values: (Buffer | null)[] = [];
  readonly #batches: Batch[] = [];
  readonly #bodies: Buffer[] = [];
  readonly #positions: number[] = [];

  constructor(from: number) {
    this.from = from;
    this.nextOffset = from;
  }

  get rows(): number {
    return this.#values.length;
  }

  /** Takes the record at the reader's position, unless it is older than `from`; returns its offset. */
  add(batch: Batch, reader: VarintReader, from: number): number {
    const start = reader.position;
    reader.position++;
    skipVarint(reader);
    const offset = batch.baseOffset + reader.read();
    if (offset < from) return offset;
    const key = reader.read();
    if (key > 0) reader.position += key;
    const value = reader.readBytes();
    this.#values.push(value);
    this.#batches.push(batch);
    this.#bodies.push(reader.buffer);
    this.#positions.push(start);
    this.bytes += value?.length ?? 0;
    return offset;
  }

  cut(nextOffset: number): RecordSlice {
    const [batches, bodies, positions] = [this.#batches, this.#bodies, this.#positions];
    return {
      values: this.#values,
      nextOffset,
      record: (index) => {
        const [batch, body, position] = [batches[index], bodies[index], positions[index]];
        if (batch === undefined || body === undefined || position === undefined) {
          throw new RangeError(`the slice has no record ${index}`);
        }
        return recordAt(batch, body, position);
      },
    };
  }
}

function skipVarint(reader: VarintReader): void {
  while ((reader.buffer[reader.position++] ?? 0) >= 0x80);
}

function recordAt(batch: Batch, body: Buffer, position: number): KafkaRecord {
  const reader = new VarintReader(body, position + 1);
  const timestampDelta = reader.readLong();
  const offset = batch.baseOffset + reader.read();
  const key = reader.readBytes();
  const value = reader.readBytes();
  const headers = Array.from({ length: reader.read() }, () => ({
    name: (reader.readBytes() ?? Buffer.alloc(0)).toString(),
    value: reader.readBytes(),
  }));
  const timestamp = batch.isLogAppendTime ? batch.maxTimestamp : batch.firstTimestamp + timestampDelta;
  return { offset, timestamp, key, value, headers };
}

/** The header of a record batch, and its records as they came. */
interface Batch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly codec: number;
  readonly isLogAppendTime: boolean;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: bigint;
  readonly records: number;
  readonly payload: Buffer;
}

/** A broker cuts a fetch at a number of bytes: the last batch may be incomplete, and is fetched again. */
function* batchesOf(recordSet: Buffer): Generator<Batch> {
  let at = 0;
  while (at + HEADER_BYTES <= recordSet.length) {
    const end = at + 12 + recordSet.readInt32BE(at + 8);
    if (end > recordSet.length) return;
    const magic = recordSet.readInt8(at + 16);
    if (magic !== 2) throw unreadable(`record format ${magic}`, 'Kafka 4 holds only format 2');
    const attributes = recordSet.readInt16BE(at + 21);
    const baseOffset = Number(recordSet.readBigInt64BE(at));
    yield {
      baseOffset,
      lastOffset: baseOffset + recordSet.readInt32BE(at + 23),
      codec: attributes & 7,
      isLogAppendTime: (attributes & 8) !== 0,
      isTransactional: (attributes & 16) !== 0,
      isControl: (attributes & 32) !== 0,
      firstTimestamp: Number(recordSet.readBigInt64BE(at + 27)),
      maxTimestamp: Number(recordSet.readBigInt64BE(at + 35)),
      producerId: recordSet.readBigInt64BE(at + 43),
      records: recordSet.readInt32BE(at + 57),
      payload: recordSet.subarray(at + HEADER_BYTES, end),
    };
    at = end;
  }
}

async function bodyOf({ codec, payload, baseOffset }: Batch): Promise<Buffer> {
  let body: Buffer | undefined;
  try {
    body = await decompress(codec, payload);
  } catch (cause) {
    throw unreadable(`damaged content at offset ${baseOffset}`, 'Look at the broker and its disk', cause);
  }
  if (body === undefined) throw unreadable(`unknown compression ${codec}`, 'Use none, gzip, snappy, lz4 or zstd');
  return body;
}

function unreadable(what: string, remedy: string, cause?: unknown): DaybreakError {
  return new DaybreakError('KAFKA_REFUSED', { what: `a record batch has the ${what}`, remedy: `${remedy}.`, cause });
}

/** Which producer's records are to be left out, from offset to offset. */
class AbortedTransactions {
  readonly #pending: AbortedTransaction[];
  readonly #open = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#pending = [...aborted].sort((left, right) => left.firstOffset - right.firstOffset);
  }

  isAborted(batch: Batch): boolean {
    if (!batch.isTransactional) return false;
    for (
      let next = this.#pending[0];
      next !== undefined && next.firstOffset <= batch.lastOffset;
      next = this.#pending[0]
    ) {
      this.#open.add(next.producerId);
      this.#pending.shift();
    }
    return this.#open.has(batch.producerId);
  }

  /** A control batch ends its producer's transaction, be it an abort or a commit. */
  end(batch: Batch): void {
    this.#open.delete(batch.producerId);
  }
}
