import { VarintReader } from './varint';

export interface KafkaHeader {
  readonly name: string;
  readonly value: Buffer | null;
}

/** What is kept of a record that is too large for memory: the value if it fits, else only beginnings. */
export interface LongRecord {
  /** Offset and time stamp are relative to those of the batch. */
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Whether only the beginning of the value is kept. */
  readonly isOversized: boolean;
  readonly headers: readonly KafkaHeader[];
  readonly headersLeftOut: number;
  /** The size of key and value, in bytes. */
  readonly truncatedFrom: number;
}

const MEBIBYTE = 2 ** 20;
/** Bytes that are kept of each key, oversized value and headers of a record that is too large. */
const KEPT = 65_536;
/** A record's head: attributes, two varints, and the length of its key. */
const HEAD_BYTES = 21;
const LENGTH_BYTES = 5;
/** The bytes of the shortest record: attributes, two differences, two lengths and the number of headers. */
const SHORTEST_RECORD = 6;
const MOST_HEADERS = 90_000;

/** Reads the records of one batch from chunks that may end within a record. */
export class BatchReader {
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #valueBytes: number;
  readonly #recordBytes: number;
  #hasEnded = false;
  /** Stands at the beginning of the record that was found in memory. The caller moves it past the record. */
  reader = new VarintReader(Buffer.alloc(0), 0);

  /**
   * @param valueBytes the size of the largest value that is kept whole; a record that exceeds it by a mebibyte is cut.
   */
  constructor(pieces: AsyncIterable<Buffer>, valueBytes: number) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#valueBytes = valueBytes;
    this.#recordBytes = valueBytes + MEBIBYTE;
  }

  /** The length of the next record if the whole record is in memory and need not be cut. */
  nextInMemory(): number | undefined {
    const { reader } = this;
    const start = reader.position;
    if (this.#rest < LENGTH_BYTES && !this.#hasEnded) return undefined;
    const length = reader.read();
    if (length >= SHORTEST_RECORD && length <= Math.min(this.#rest, this.#recordBytes)) return length;
    reader.position = start;
    return undefined;
  }

  /**
   * The length of the next record, which is then in memory, or what is kept of it. Throws if the batch ends too early.
   */
  async next(): Promise<number | LongRecord> {
    await this.#fill(LENGTH_BYTES);
    if (this.#rest <= 0) throw new RangeError('the batch ends before its records');
    const length = this.reader.read();
    if (length < SHORTEST_RECORD) throw new RangeError(`a record of ${length} bytes`);
    if (length > this.#recordBytes) return await this.#longRecord(length);
    await this.#require(length);
    return length;
  }

  /** May be called before the end of the batch. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  get #rest(): number {
    return this.reader.buffer.length - this.reader.position;
  }

  async #longRecord(length: number): Promise<LongRecord> {
    let left = length;
    /** Reads from memory and counts the bytes. */
    const take = <T>(read: (reader: VarintReader) => T): T => {
      const { reader } = this;
      const start = reader.position;
      const taken = read(reader);
      left -= reader.position - start;
      return taken;
    };
    /** Reads at most `most` bytes of a field and skips the rest of it. */
    const field = async (bytes: number, most: number): Promise<Buffer | null> => {
      if (bytes < 0) return null;
      const kept = Math.min(bytes, most);
      await this.#require(kept);
      const beginning = take((reader) => reader.take(kept));
      await this.#skip(bytes - kept);
      left -= bytes - kept;
      return beginning;
    };
    await this.#fill(HEAD_BYTES);
    const timestamp = take((reader) => {
      reader.position += 1;
      return reader.readLong();
    });
    const offset = take((reader) => reader.read());
    const keyBytes = take((reader) => reader.read());
    const key = await field(keyBytes, KEPT);
    await this.#fill(LENGTH_BYTES);
    const valueBytes = take((reader) => reader.read());
    const isOversized = valueBytes > this.#valueBytes;
    const value = await field(valueBytes, isOversized ? KEPT : valueBytes);
    await this.#fill(Math.min(left, KEPT));
    // What the record has left covers the headers that do not fit, so they are skipped too.
    const { headers, leftOut } = readHeaders(new VarintReader(this.reader.buffer, this.reader.position), KEPT);
    await this.#skip(left);
    const truncatedFrom = Math.max(0, keyBytes) + Math.max(0, valueBytes);
    return { offset, timestamp, key, value, isOversized, headers, headersLeftOut: leftOut, truncatedFrom };
  }

  async #require(bytes: number): Promise<void> {
    await this.#fill(bytes);
    if (this.#rest < bytes) throw new RangeError(`the batch ends ${bytes - this.#rest} bytes within a record`);
  }

  /** Brings this many bytes into one buffer, or all that remain. */
  async #fill(bytes: number): Promise<void> {
    if (this.#rest >= bytes) return;
    const parts = [this.reader.buffer.subarray(this.reader.position)];
    for (let filled = this.#rest; filled < bytes;) {
      const piece = await this.#piece();
      if (piece === undefined) break;
      parts.push(piece);
      filled += piece.length;
    }
    const [, second] = parts;
    const joined = parts.length === 2 && this.#rest === 0 && second !== undefined ? second : Buffer.concat(parts);
    this.reader = new VarintReader(joined, 0);
  }

  async #skip(bytes: number): Promise<void> {
    let left = bytes;
    while (left > this.#rest) {
      left -= this.#rest;
      const piece = await this.#piece();
      if (piece === undefined) throw new RangeError(`the batch ends ${left} bytes within a record`);
      this.reader = new VarintReader(piece, 0);
    }
    this.reader.position += left;
  }

  async #piece(): Promise<Buffer | undefined> {
    if (this.#hasEnded) return undefined;
    const next = await this.#pieces.next();
    if (next.done !== true) return next.value;
    this.#hasEnded = true;
    return undefined;
  }
}

/**
 * The first headers of a record: those that lie completely within `bytes`, and at most as many as a message has room
 * for.
 */
export function readHeaders(
  reader: VarintReader,
  bytes: number,
): { readonly headers: readonly KafkaHeader[]; readonly leftOut: number } {
  const count = Math.max(0, reader.read());
  const end = Math.min(reader.buffer.length, reader.position + bytes);
  const headers: KafkaHeader[] = [];
  while (headers.length < Math.min(count, MOST_HEADERS)) {
    const name = reader.readBytes();
    const value = reader.readBytes();
    // Past the end the reader finds no bytes, but its position still moves on.
    if (reader.position > end) break;
    headers.push({ name: name?.toString() ?? '', value });
  }
  return { headers, leftOut: count - headers.length };
}
