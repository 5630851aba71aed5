import type { ColumnType, Pipeline } from '../../domain/pipeline';
import { storedName } from '../duckdb/sql';
import type { KernelTime } from './hour-times';
import { instantiate, kernelNumbers, type KernelExports } from './kernel-exports';
import { KernelLayouts, typeNumber } from './kernel-layouts';
import { KernelMemory, partsFrom } from './kernel-memory';
import { eventLineColumns, type LineColumns } from './line-fields';
import type { EncodedColumn } from './parquet/parquet-writer';

/** Bytes of a line in a text: from <= at < to. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

/** A line that matches no layout, with its position in the text. */
interface Miss extends LineRange {
  readonly line: number;
}

export interface KernelScanned {
  readonly lines: number;
  readonly misses: readonly Miss[];
}

/** Bytes for the texts of all layouts. */
const TEXT_BYTES = 512 * 1024;
/** Misses that the kernel holds before the host takes them. */
const HELD_MISSES = 65_536;
/** Misses in one text. */
const MOST_MISSES = 256 * 1024;
/** Zeros behind the text, for reads of several bytes at once. */
const SLACK = 64;
/** Bytes of a slot in the table of keys. */
const SLOT_BYTES = 8;

/** The capacity of a kernel. */
export interface KernelSize {
  /** The longest text that one scan takes, in bytes. */
  readonly text: number;
  /** The largest number of rows that is given at once. */
  readonly rows: number;
  /** Bytes for the keys of an hour's records. Each key takes at least 16. */
  readonly keys: number;
}

const MEBIBYTE = 1024 * 1024;

const SMALL_HOUR = MEBIBYTE;

const SIZES = {
  small: { text: 2 * MEBIBYTE, rows: 8192, keys: 16 * MEBIBYTE },
  large: { text: 12 * MEBIBYTE, rows: 65_536, keys: 128 * MEBIBYTE },
} as const satisfies Record<string, KernelSize>;

/** The size for an hour with this many bytes of text. */
export function kernelSizeFor(bytes: number): KernelSize {
  return bytes > SMALL_HOUR ? SIZES.large : SIZES.small;
}

/** Slots of the table of keys for an hour of about `lines` lines. */
function slotsFor(lines: number, keys: number, rows: number): number {
  // One scan adds at most `rows` keys before the table may grow, so that it can never be full.
  return 2 ** Math.ceil(Math.log2(Math.max(Math.min(2 * lines, keys / 8), 4 * rows)));
}

/** The most bytes of memory that a kernel takes for hours of `lines` lines with `bytes` bytes of text. */
export function kernelMemoryFor({ events }: Pipeline, bytes: number, lines: number): number {
  const size = kernelSizeFor(bytes);
  const columns = Object.values(events.columns);
  // The texts of one scan are within its text, whatever their columns.
  const values = size.text + 8 * size.rows * columns.length;
  const keys = Math.min(bytes + 16 * lines, size.keys + 2 * size.text);
  // A table that grew leaves the smaller ones behind.
  return TEXT_BYTES + size.text + values + keys + 2 * SLOT_BYTES * slotsFor(lines, size.keys, size.rows);
}

/**
 * The host of line-kernel.wasm. It never takes a line that the validity rule rejects, and reads the same record from a
 * line as the rule. A line that it does not take is a miss, which the rule reads. Its memory is that of the largest
 * hour so far.
 */
export class LineKernel {
  readonly size: KernelSize;
  readonly #numbers = kernelNumbers();
  readonly #columns: readonly {
    readonly name: string;
    readonly type: ColumnType;
    /** The address of the kernel's entry for the column. */
    readonly at: number;
    readonly values: number;
    readonly presence: number;
  }[];
  readonly #memory: KernelMemory;
  readonly #layouts: KernelLayouts;
  readonly #exports: KernelExports;
  readonly #misses: number;
  readonly #text: number;
  readonly #keys: number;

  /** Undefined if the pipeline has columns that it does not read, or too many. */
  static create(pipeline: Pipeline, size: KernelSize): LineKernel | undefined {
    const { MOST_COLUMNS } = kernelNumbers();
    const read = eventLineColumns(pipeline);
    if (read === undefined || Object.keys(read.columns).length > MOST_COLUMNS) return undefined;
    return new LineKernel(read, pipeline.events.time.column, size);
  }

  private constructor(read: LineColumns, timeColumn: string, size: KernelSize) {
    this.size = size;
    const { COLUMNS, COLUMN_BYTES, COLUMN_COUNT, COLUMN_VALUES, COLUMN_PRESENCE, ...numbers } = this.#numbers;
    const parts = partsFrom(numbers.FREE);
    const texts = parts.reserve(TEXT_BYTES);
    this.#misses = parts.reserve(HELD_MISSES * numbers.MISS_BYTES);
    this.#text = parts.reserve(size.text);
    this.#columns = Object.entries(read.columns).map(([name, type], index) => ({
      name: storedName(name),
      type,
      at: COLUMNS + index * COLUMN_BYTES,
      values: parts.reserve(type === 'VARCHAR' ? size.text + 4 * size.rows : 8 * size.rows),
      presence: parts.reserve(size.rows / 8),
    }));
    this.#keys = parts.reserve(size.keys + 2 * size.text); // A batch may begin just below the limit.
    this.#memory = new KernelMemory(parts.end());
    this.#exports = instantiate(this.#memory.memory);
    this.#layouts = new KernelLayouts(this.#memory, this.#numbers, {
      read,
      timeColumn,
      texts: { begin: texts, end: texts + TEXT_BYTES },
    });
    this.#memory.set(numbers.ARENA, this.#keys);
    this.#memory.set(numbers.MISSES, this.#misses);
    this.#memory.set(numbers.MISS_LIMIT, HELD_MISSES);
    this.#memory.set(numbers.ROW_LIMIT, size.rows);
    this.#memory.set(COLUMN_COUNT, this.#columns.length);
    for (const { type, at, values, presence } of this.#columns) {
      this.#memory.set(at, typeNumber(this.#numbers, type));
      this.#memory.set(at + COLUMN_VALUES, values);
      this.#memory.set(at + COLUMN_PRESENCE, presence);
    }
  }

  /**
   * Forgets all. About `expected` lines will come; their times are valid as `time` says. The limit for keys depends on
   * the hour (`within`), not on this kernel: other hours must not decide whether an hour is proven.
   */
  beginHour(time: KernelTime, expected: number, within: KernelSize): void {
    const { ARENA_LIMIT, SEGMENT_COUNT, SEGMENTS, SEGMENT_BYTES } = this.#numbers;
    this.#layouts.begin(time);
    const segments = time.kind === 'local' ? [] : time.segments;
    this.#memory.set(SEGMENT_COUNT, segments.length);
    const view = new DataView(this.#memory.buffer);
    segments.forEach(({ start, end }, index) => {
      view.setBigInt64(SEGMENTS + SEGMENT_BYTES * index, BigInt(start), true);
      view.setBigInt64(SEGMENTS + SEGMENT_BYTES * index + 8, BigInt(end), true);
    });
    this.#memory.set(ARENA_LIMIT, this.#keys + within.keys);
    const slots = slotsFor(expected, within.keys, this.size.rows);
    if (slots > this.#slots) this.#placeSlots(slots);
    this.#exports.beginHour();
  }

  /** Bytes of its memory. Hours of the same size share it: it grows only if an hour is larger than all before. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** The columns of its rows. */
  get columns(): readonly { readonly name: string; readonly type: ColumnType }[] {
    return this.#columns;
  }

  get duplicates(): number {
    return this.#exports.duplicates.value;
  }

  /**
   * Scans lines joined by line feeds, at most `size.text` bytes. Gives the rows of new records to `onRows` in parts,
   * which are valid until `onRows` resolves. Resolves to undefined if there are too many records or misses to hold.
   */
  async scan(
    text: Buffer,
    onRows: (rows: number, columns: readonly EncodedColumn[]) => Promise<void>,
  ): Promise<KernelScanned | undefined> {
    const { END, MISS, ROWS_FULL, MISSES_FULL, KEYS_FULL } = this.#numbers;
    const begin = this.#text;
    const bytes = Buffer.from(this.#memory.buffer);
    text.copy(bytes, begin);
    const end = begin + text.length;
    bytes.fill(0, end, end + SLACK);
    const misses: Miss[] = [];
    this.#exports.beginText();
    this.#exports.beginGroup();
    for (let at = begin; ;) {
      at = this.#exports.scan(begin, at, end, this.#layouts.canLearn);
      const stopped = this.#exports.stopped.value;
      if (stopped === KEYS_FULL) return undefined;
      if (this.#exports.isCrowded() !== 0) this.#growSlots();
      if (stopped === MISS && !this.#layouts.learn(text, at - begin)) at = this.#exports.noteMiss(begin, at, end);
      if (stopped === MISSES_FULL) this.#takeMisses(misses);
      if (misses.length > MOST_MISSES) return undefined;
      if (stopped !== ROWS_FULL && stopped !== END) continue;
      if (this.#exports.rows.value > 0) await onRows(this.#exports.rows.value, this.#encoded());
      this.#exports.beginGroup();
      if (stopped === END) break;
    }
    this.#takeMisses(misses);
    return { lines: this.#exports.lines.value, misses };
  }

  #encoded(): EncodedColumn[] {
    const { COLUMN_VALUE_BYTES, COLUMN_NULLS } = this.#numbers;
    const { buffer } = this.#memory;
    const presenceBytes = Math.ceil(this.#exports.rows.value / 8);
    return this.#columns.map(({ name, type, at, values, presence }) => ({
      name,
      type,
      values: new Uint8Array(buffer, values, this.#memory.get(at + COLUMN_VALUE_BYTES)),
      presence: this.#memory.get(at + COLUMN_NULLS) > 0 ? new Uint8Array(buffer, presence, presenceBytes) : undefined,
    }));
  }

  /** Moves the misses that the kernel recorded into `misses`. */
  #takeMisses(misses: Miss[]): void {
    const numbers = this.#numbers.MISS_BYTES / Int32Array.BYTES_PER_ELEMENT;
    const found = new Int32Array(this.#memory.buffer, this.#misses, numbers * this.#exports.misses.value);
    for (let index = 0; index < found.length; index += numbers) {
      const [line = 0, from = 0, to = 0] = found.subarray(index, index + numbers);
      misses.push({ line, from, to });
    }
    this.#exports.forgetMisses();
  }

  /** Slots of the hash table; 0 before the first hour. The kernel stores their number as a mask, which is one less. */
  get #slots(): number {
    const { SLOTS, SLOT_MASK } = this.#numbers;
    return this.#memory.get(SLOTS) === 0 ? 0 : this.#memory.get(SLOT_MASK) + 1;
  }

  #growSlots(): void {
    const [from, slots] = [this.#memory.get(this.#numbers.SLOTS), this.#slots];
    this.#placeSlots(2 * slots);
    this.#exports.rehash(from, slots);
  }

  /**
   * Places a hash table behind all memory so far. The memory of the previous table is lost, which is less than the new
   * one takes. So a table stays for later hours, also for small ones.
   */
  #placeSlots(slots: number): void {
    this.#memory.set(this.#numbers.SLOTS, this.#memory.grow(slots * SLOT_BYTES));
    this.#memory.set(this.#numbers.SLOT_MASK, slots - 1);
  }
}
