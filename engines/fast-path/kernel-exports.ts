import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Constants of assembly/index.ts, by their names there. */
const NUMBERS = [
  ...(['COLUMN_COUNT', 'LAYOUT_COUNT', 'SLOT_MASK', 'SLOTS', 'ARENA', 'ARENA_LIMIT', 'ROW_LIMIT'] as const),
  ...(['MISSES', 'MISS_LIMIT', 'MISS_BYTES', 'SEGMENT_COUNT', 'SEGMENTS', 'SEGMENT_BYTES'] as const),
  ...(['LAYOUTS', 'LAYOUT_BYTES', 'LAYOUT_STEPS', 'MOST_LAYOUTS', 'COLUMNS', 'COLUMN_BYTES', 'MOST_COLUMNS'] as const),
  ...(['COLUMN_VALUES', 'COLUMN_VALUE_BYTES', 'COLUMN_PRESENCE', 'COLUMN_NULLS', 'FREE'] as const),
  ...(['STEPS', 'STEP_BYTES', 'MOST_STEPS', 'STEP_COLUMN', 'STEP_TEXT', 'STEP_TEXT_BYTES'] as const),
  ...(['STEP_FRACTION_DIGITS', 'LITERAL', 'STRING', 'INTEGER', 'DOUBLE', 'BOOLEAN'] as const),
  ...(['LOCAL_TIME', 'ISO_TIME', 'EPOCH_TIME', 'SCALAR'] as const),
  ...(['END', 'MISS', 'ROWS_FULL', 'MISSES_FULL', 'KEYS_FULL'] as const),
] as const;

export type KernelNumbers = Readonly<Record<(typeof NUMBERS)[number], number>>;

/** Values that change while the kernel runs. */
type Counters = Readonly<Record<'stopped' | 'rows' | 'duplicates' | 'misses' | 'lines', WebAssembly.Global>>;

/** The functions; assembly/index.ts documents each. */
interface Functions {
  beginHour(): void;
  beginGroup(): void;
  beginText(): void;
  scan(begin: number, from: number, end: number, pause: boolean): number;
  noteMiss(begin: number, at: number, end: number): number;
  forgetMisses(): void;
  isCrowded(): number;
  rehash(from: number, slots: number): void;
}

export type KernelExports = Counters & Functions;

let compiled: WebAssembly.Module | undefined;
let known: KernelNumbers | undefined;

/** A new instance of line-kernel.wasm, with this memory. */
export function instantiate(memory: WebAssembly.Memory): KernelExports {
  compiled ??= new WebAssembly.Module(readFileSync(join(__dirname, 'line-kernel.wasm')));
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as KernelExports;
}

/** The constants of the compiled kernel. */
export function kernelNumbers(): KernelNumbers {
  known ??= numbersOf(instantiate(new WebAssembly.Memory({ initial: 0, maximum: 65_536 })));
  return known;
}

function numbersOf(exports: unknown): KernelNumbers {
  const globals = exports as Partial<Record<string, WebAssembly.Global>>;
  const numbers = NUMBERS.map((name) => {
    const value = globals[name]?.value;
    if (value === undefined) throw new Error(`line-kernel.wasm has no ${name}: run npm run kernel`);
    return [name, value] as const;
  });
  return Object.fromEntries(numbers) as KernelNumbers; // Each of NUMBERS.
}
