import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ColumnType, Pipeline } from '../../domain/pipeline';
import { layoutOf, type LayoutPart, type LineLayout } from './line-layout';
import type { EncodedColumn } from './parquet-writer';
import type { KernelTime } from './hour-times';

/** Bytes of a line in a text: from <= at < to. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

export interface KernelScanned {
  readonly lines: number;
  /** The lines that no layout fits, each with its position. */
  readonly misses: readonly (LineRange & { readonly line: number })[];
}

/** What line-kernel.wasm exports; assembly/index.ts says what each does. */
interface Exports {
  readonly stopped: WebAssembly.Global;
  readonly rows: WebAssembly.Global;
  readonly duplicates: WebAssembly.Global;
  readonly odd: WebAssembly.Global;
  readonly lines: WebAssembly.Global;
  beginHour(): void;
  beginGroup(): void;
  beginPiece(): void;
  scan(begin: number, from: number, end: number, pause: boolean): number;
  noteOdd(begin: number, at: number, end: number): number;
  forgetOdd(): void;
  isCrowded(): number;
  rehash(from: number, slots: number): void;
}

const STOPPED = { end: 0, oddLine: 1, rowsFull: 2, oddFull: 3, keysFull: 4 } as const;
const STEP_KINDS = {
  literal: 0,
  VARCHAR: 1,
  BIGINT: 2,
  DOUBLE: 3,
  BOOLEAN: 4,
  local: 5,
  iso: 6,
  epoch: 7,
  scalar: 8,
} as const;
const COLUMN_TYPES: Readonly<Record<ColumnType, number>> = { VARCHAR: 1, BIGINT: 2, DOUBLE: 3, BOOLEAN: 4 };

/** Offsets of the configuration; as in assembly/index.ts. */
const FIELDS = {
  columnCount: 0,
  layoutCount: 8,
  slotMask: 12,
  slots: 16,
  arena: 20,
  arenaEnd: 24,
  arenaLimit: 28,
  odd: 32,
  oddLimit: 36,
  rowLimit: 40,
  segmentCount: 44,
  segments: 64,
  layouts: 1280,
  columns: 1536,
  steps: 16_384,
} as const;
const RECORD_BYTES = 32;
const TEXTS = 512 * 1024;
const ODD = 1024 * 1024;
const ODD_LIMIT = 65_536;
const TEXT = 2 * 1024 * 1024;
/** Behind the text, for reads of several bytes at once. */
const SLACK = 64;
const PAGE = 65_536;
const MOST_COLUMNS = 64;
const MOST_LAYOUTS = 8;
const MOST_STEPS = 1500;
/** Of one text. */
const MOST_ODD_LINES = 256 * 1024;
/** Odd lines from which no layout could be learnt, after which no more are tried. */
const PATIENCE = 64;

/** What a kernel can hold. */
export interface KernelSize {
  /** The longest text that one scan takes, in bytes. */
  readonly text: number;
  /** Rows that are given at once, at most. */
  readonly rows: number;
  /** Bytes that the keys of an hour's records may take, each at least 16. */
  readonly keys: number;
}

const MEBIBYTE = 1024 * 1024;

const SMALL_HOUR = MEBIBYTE;

const SIZES = {
  small: { text: 2 * MEBIBYTE, rows: 8192, keys: 16 * MEBIBYTE },
  large: { text: 12 * MEBIBYTE, rows: 65_536, keys: 128 * MEBIBYTE },
} as const satisfies Record<string, KernelSize>;

/** The size for an hour of that many bytes of text. */
export function kernelSizeFor(bytes: number): KernelSize {
  return bytes > SMALL_HOUR ? SIZES.large : SIZES.small;
}

let compiled: WebAssembly.Module | undefined;

/**
 * The host of line-kernel.wasm. It never takes a line that the validity rule would not, nor for another record; what it
 * does not take is odd, and left to the rule. Its memory is that of the largest hour's records so far.
 */
export class LineKernel {
  readonly size: KernelSize;
  readonly #pipeline: Pipeline;
  readonly #columns: readonly {
    readonly name: string;
    readonly type: ColumnType;
    readonly values: number;
    readonly presence: number;
  }[];
  readonly #memory: WebAssembly.Memory;
  readonly #arena: number;
  readonly #exports: Exports;
  #time: KernelTime = { kind: 'local', prefix: '', fractionDigits: 0 };
  readonly #layouts = new Set<string>();
  #steps = 0;
  #texts = TEXTS;
  #patience = PATIENCE;

  /** Undefined for a pipeline that is too wide for it. */
  static create(pipeline: Pipeline, size: KernelSize): LineKernel | undefined {
    return Object.keys(pipeline.events.columns).length > MOST_COLUMNS ? undefined : new LineKernel(pipeline, size);
  }

  private constructor(pipeline: Pipeline, size: KernelSize) {
    this.size = size;
    this.#pipeline = pipeline;
    let free = TEXT + size.text + SLACK;
    const reserve = (bytes: number): number => {
      const begin = free;
      free += Math.ceil((bytes + SLACK) / 16) * 16;
      return begin;
    };
    this.#columns = Object.entries(pipeline.events.columns).map(([name, type]) => ({
      name,
      type,
      values: reserve(type === 'VARCHAR' ? size.text + 4 * size.rows : 8 * size.rows),
      presence: reserve(size.rows / 8),
    }));
    const arena = reserve(size.keys + 2 * size.text); // A batch may begin just below the limit.
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(free / PAGE), maximum: 65_536 });
    compiled ??= new WebAssembly.Module(readFileSync(join(__dirname, 'line-kernel.wasm')));
    const instance = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } });
    this.#exports = instance.exports as Exports; // What assembly/index.ts exports.
    this.#set(FIELDS.arena, arena);
    this.#arena = arena;
    this.#set(FIELDS.odd, ODD);
    this.#set(FIELDS.oddLimit, ODD_LIMIT);
    this.#set(FIELDS.rowLimit, size.rows);
    this.#set(FIELDS.columnCount, this.#columns.length);
    this.#columns.forEach(({ type, values, presence }, index) => {
      const at = FIELDS.columns + index * RECORD_BYTES;
      this.#set(at, COLUMN_TYPES[type]);
      this.#set(at + 4, values);
      this.#set(at + 12, presence);
    });
  }

  /**
   * Forgets all. The lines to come are about `expected`, and valid are those with times as `time` says. What their keys
   * may take is up to the hour, not to the kernel at hand: whether an hour is proven must not depend on others.
   */
  beginHour(time: KernelTime, expected: number, within: KernelSize): void {
    this.#time = time;
    this.#layouts.clear();
    [this.#steps, this.#texts, this.#patience] = [0, TEXTS, PATIENCE];
    this.#set(FIELDS.layoutCount, 0);
    const segments = time.kind === 'local' ? [] : time.segments;
    this.#set(FIELDS.segmentCount, segments.length);
    const view = new DataView(this.#memory.buffer);
    segments.forEach(({ start, end }, index) => {
      view.setBigInt64(FIELDS.segments + 16 * index, BigInt(start), true);
      view.setBigInt64(FIELDS.segments + 16 * index + 8, BigInt(end), true);
    });
    this.#set(FIELDS.arenaLimit, this.#arena + within.keys);
    // One scan adds at most `size.rows` keys before the table is looked at: it can never be full.
    const least = Math.max(Math.min(2 * expected, within.keys / 8), 4 * this.size.rows);
    const slots = 2 ** Math.ceil(Math.log2(least));
    if (slots > this.#slots) this.#placeSlots(slots);
    this.#exports.beginHour();
  }

  /** Bytes of its memory, which hours of equal sizes share: it grows only for an hour that is larger than all before. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  get duplicates(): number {
    return this.#exports.duplicates.value;
  }

  /**
   * Scans lines joined by line feeds, at most `size.text` bytes of them. Gives the rows of new records to `onRows`, in
   * parts that are valid until it resolves. Resolves to undefined where the records, or the odd lines, are too many to be held.
   */
  async scan(
    text: Buffer,
    onRows: (rows: number, columns: readonly EncodedColumn[]) => Promise<void>,
  ): Promise<KernelScanned | undefined> {
    const bytes = Buffer.from(this.#memory.buffer);
    text.copy(bytes, TEXT);
    const end = TEXT + text.length;
    bytes.fill(0, end, end + SLACK);
    const odd: KernelScanned['misses'][number][] = [];
    this.#exports.beginPiece();
    this.#exports.beginGroup();
    for (let at = TEXT; ;) {
      at = this.#exports.scan(TEXT, at, end, this.#patience > 0);
      const stopped = this.#exports.stopped.value;
      if (stopped === STOPPED.keysFull) return undefined;
      if (this.#exports.isCrowded() !== 0) this.#growSlots();
      if (stopped === STOPPED.oddLine && !this.#learn(text, at - TEXT)) at = this.#exports.noteOdd(TEXT, at, end);
      if (stopped === STOPPED.oddFull) this.#takeOdd(odd);
      if (odd.length > MOST_ODD_LINES) return undefined;
      if (stopped !== STOPPED.rowsFull && stopped !== STOPPED.end) continue;
      if (this.#exports.rows.value > 0) await onRows(this.#exports.rows.value, this.#encoded());
      this.#exports.beginGroup();
      if (stopped === STOPPED.end) break;
    }
    this.#takeOdd(odd);
    return { lines: this.#exports.lines.value, misses: odd };
  }

  /** Whether the line that begins at `from` has a layout of which no line was seen before. */
  #learn(text: Buffer, from: number): boolean {
    this.#patience -= 1;
    if (this.#layouts.size === MOST_LAYOUTS) return false;
    const found = text.indexOf('\n', from);
    const line = text.toString('utf8', from, found === -1 ? text.length : found);
    const { columns, time } = this.#pipeline.events;
    const layout = layoutOf(line, columns, time.column);
    // A line of a known layout is odd for a value.
    if (layout === undefined || this.#layouts.has(JSON.stringify(layout))) return false;
    return this.#add(layout);
  }

  #add(layout: LineLayout): boolean {
    const { parts } = layout;
    const textBytes = parts.reduce(
      (total, part) => total + (part.kind === 'literal' ? part.text.length * 3 + 8 : 64),
      0,
    );
    if (this.#steps + parts.length > MOST_STEPS || this.#texts + textBytes > ODD) return false;
    const at = FIELDS.layouts + 8 * this.#layouts.size;
    this.#set(at, this.#steps);
    this.#set(at + 4, parts.length);
    for (const part of parts) this.#addStep(part);
    this.#layouts.add(JSON.stringify(layout));
    this.#set(FIELDS.layoutCount, this.#layouts.size);
    return true;
  }

  #addStep(part: LayoutPart): void {
    const at = FIELDS.steps + RECORD_BYTES * this.#steps;
    this.#steps += 1;
    if (part.kind === 'scalar') {
      this.#set(at, STEP_KINDS.scalar);
    } else if (part.kind === 'literal') {
      this.#set(at, STEP_KINDS.literal);
      this.#addText(at, part.text);
    } else {
      const isTime = part.name === this.#pipeline.events.time.column;
      this.#set(at, STEP_KINDS[isTime ? this.#time.kind : part.type]);
      this.#set(
        at + 4,
        this.#columns.findIndex(({ name }) => name === part.name),
      );
      if (!isTime || this.#time.kind !== 'local') return;
      this.#addText(at, this.#time.prefix);
      this.#set(at + 16, this.#time.fractionDigits);
    }
  }

  #addText(step: number, text: string): void {
    const bytes = Buffer.from(this.#memory.buffer, this.#texts).write(text);
    this.#set(step + 8, this.#texts);
    this.#set(step + 12, bytes);
    this.#texts += bytes + 8;
  }

  #encoded(): EncodedColumn[] {
    const rows = this.#exports.rows.value;
    return this.#columns.map(({ name, type, values, presence }, index) => {
      const at = FIELDS.columns + index * RECORD_BYTES;
      const hasNulls = this.#get(at + 16) > 0;
      return {
        name,
        type,
        values: new Uint8Array(this.#memory.buffer, values, this.#get(at + 8)),
        presence: hasNulls ? new Uint8Array(this.#memory.buffer, presence, Math.ceil(rows / 8)) : undefined,
      };
    });
  }

  /** Moves the odd lines that the kernel noted into `odd`. */
  #takeOdd(odd: KernelScanned['misses'][number][]): void {
    const found = new Int32Array(this.#memory.buffer, ODD, 3 * this.#exports.odd.value);
    for (let index = 0; index < found.length; index += 3) {
      const [line = 0, from = 0, to = 0] = found.subarray(index, index + 3);
      odd.push({ line, from, to });
    }
    this.#exports.forgetOdd();
  }

  /** Slots of the hash table; 0 before the first hour. The kernel has their number as a mask, one less. */
  get #slots(): number {
    return this.#get(FIELDS.slots) === 0 ? 0 : this.#get(FIELDS.slotMask) + 1;
  }

  #growSlots(): void {
    const [from, slots] = [this.#get(FIELDS.slots), this.#slots];
    this.#placeSlots(2 * slots);
    this.#exports.rehash(from, slots);
  }

  /**
   * Places a hash table behind all memory so far. That of the table before is lost, less than the new one takes: so a
   * table stays for the hours to come, also for small ones.
   */
  #placeSlots(slots: number): void {
    const before = this.#memory.grow(Math.ceil((slots * 8) / PAGE));
    this.#set(FIELDS.slots, before * PAGE);
    this.#set(FIELDS.slotMask, slots - 1);
  }

  #get(field: number): number {
    return new DataView(this.#memory.buffer).getInt32(field, true);
  }

  #set(field: number, value: number): void {
    new DataView(this.#memory.buffer).setInt32(field, value, true);
  }
}
