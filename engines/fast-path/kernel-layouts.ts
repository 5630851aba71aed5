import type { ColumnType } from '../../domain/pipeline';
import { endOfLine } from '../input/framing/line-feeds';
import type { KernelTime } from './hour-times';
import type { KernelNumbers } from './kernel-exports';
import type { KernelMemory } from './kernel-memory';
import type { LineColumns } from './line-fields';
import { layoutOf, type LayoutPart, type LineLayout } from './line-layout';

/** After this many misses without a new layout, no more misses are tried. */
const MOST_TRIES = 1024;
/** Bytes behind a text, so that several bytes of it can be read at once. */
const SLACK = 8;
/** Bytes of UTF-8 for each character of a text. */
const MOST_BYTES_OF_CHARACTER = 3;

const KINDS = { VARCHAR: 'STRING', BIGINT: 'INTEGER', DOUBLE: 'DOUBLE', BOOLEAN: 'BOOLEAN' } as const;
const TIME_KINDS = { local: 'LOCAL_TIME', iso: 'ISO_TIME', epoch: 'EPOCH_TIME' } as const;

/** The kernel's number for a column type. */
export function typeNumber(numbers: KernelNumbers, type: ColumnType): number {
  return numbers[KINDS[type]];
}

/** The layouts of an hour, as the steps by which the kernel splits its lines into fields. */
export class KernelLayouts {
  readonly #memory: KernelMemory;
  readonly #numbers: KernelNumbers;
  readonly #read: LineColumns;
  readonly #timeColumn: string;
  /** Where the texts of steps are stored. */
  readonly #texts: { readonly begin: number; readonly end: number };
  readonly #known = new Set<string>();
  #time: KernelTime = { kind: 'local', prefix: '', fractionDigits: 0 };
  #steps = 0;
  #textsEnd = 0;
  #triesLeft = 0;

  constructor(
    memory: KernelMemory,
    numbers: KernelNumbers,
    { read, timeColumn, texts }: { read: LineColumns; timeColumn: string; texts: { begin: number; end: number } },
  ) {
    this.#memory = memory;
    this.#numbers = numbers;
    this.#read = read;
    this.#timeColumn = timeColumn;
    this.#texts = texts;
  }

  /** Forgets all layouts. The next lines have times as `time` says. */
  begin(time: KernelTime): void {
    this.#time = time;
    this.#known.clear();
    [this.#steps, this.#textsEnd, this.#triesLeft] = [0, this.#texts.begin, MOST_TRIES];
    this.#memory.set(this.#numbers.LAYOUT_COUNT, 0);
  }

  /** Whether another miss may be tried. */
  get canLearn(): boolean {
    return this.#triesLeft > 0;
  }

  /** Whether the line that begins at `from` has a layout that was not known before. */
  learn(text: Buffer, from: number): boolean {
    this.#triesLeft -= 1;
    if (this.#known.size === this.#numbers.MOST_LAYOUTS) return false;
    const line = text.toString('utf8', from, endOfLine(text, from));
    const layout = layoutOf(line, this.#read.fields, this.#timeColumn);
    // If the layout of a missed line is known, one of its values is the reason for the miss.
    if (layout === undefined || this.#known.has(JSON.stringify(layout))) return false;
    return this.#add(layout);
  }

  #add(layout: LineLayout): boolean {
    const { LAYOUTS, LAYOUT_BYTES, LAYOUT_STEPS, LAYOUT_COUNT, MOST_STEPS } = this.#numbers;
    const { parts } = layout;
    const textBytes = parts.reduce(
      (total, part) => total + this.#textOf(part).length * MOST_BYTES_OF_CHARACTER + SLACK,
      0,
    );
    if (this.#steps + parts.length > MOST_STEPS || this.#textsEnd + textBytes > this.#texts.end) return false;
    const at = LAYOUTS + LAYOUT_BYTES * this.#known.size;
    this.#memory.set(at, this.#steps);
    this.#memory.set(at + LAYOUT_STEPS, parts.length);
    for (const part of parts) this.#addStep(part);
    this.#known.add(JSON.stringify(layout));
    this.#memory.set(LAYOUT_COUNT, this.#known.size);
    return true;
  }

  #addStep(part: LayoutPart): void {
    const { STEPS, STEP_BYTES, STEP_COLUMN, STEP_FRACTION_DIGITS } = this.#numbers;
    const at = STEPS + STEP_BYTES * this.#steps;
    this.#steps += 1;
    this.#memory.set(at, this.#kindOf(part));
    this.#addText(at, this.#textOf(part));
    if (part.kind !== 'column') return;
    this.#memory.set(at + STEP_COLUMN, Object.keys(this.#read.columns).indexOf(part.name));
    if (this.#time.kind === 'local') this.#memory.set(at + STEP_FRACTION_DIGITS, this.#time.fractionDigits);
  }

  #kindOf(part: LayoutPart): number {
    if (part.kind === 'literal') return this.#numbers.LITERAL;
    if (part.kind === 'scalar') return this.#numbers.SCALAR;
    return this.#isTime(part) ? this.#numbers[TIME_KINDS[this.#time.kind]] : typeNumber(this.#numbers, part.type);
  }

  /** The text that every line has at this part. */
  #textOf(part: LayoutPart): string {
    if (part.kind === 'literal') return part.text;
    return this.#isTime(part) && this.#time.kind === 'local' ? this.#time.prefix : '';
  }

  #isTime(part: LayoutPart): boolean {
    return part.kind === 'column' && part.name === this.#timeColumn;
  }

  #addText(step: number, text: string): void {
    const { STEP_TEXT, STEP_TEXT_BYTES } = this.#numbers;
    const bytes = Buffer.from(this.#memory.buffer, this.#textsEnd).write(text);
    this.#memory.set(step + STEP_TEXT, this.#textsEnd);
    this.#memory.set(step + STEP_TEXT_BYTES, bytes);
    this.#textsEnd += bytes + SLACK;
  }
}
