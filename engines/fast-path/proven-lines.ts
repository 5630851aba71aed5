import { rm } from 'node:fs/promises';
import type { LocalHour } from '../../domain/file-hours';
import type { Pipeline } from '../../domain/pipeline';
import { endOfLine, hasLongLine } from '../input/line-feeds';
import { kernelSizeFor, type LineKernel, type Scan } from './kernel';
import { kernelTimeOf } from './kernel-time';
import { ParquetWriter } from './parquet-writer';

/** About the length of a line, for a first guess of their number. */
const LINE_BYTES = 64;

/** Finds the lines of an hour that can be proven valid without a JSON parser. */
export interface LineScan {
  /** Undefined where the hour is too large for it, and has to be staged instead. */
  add(text: Buffer): Promise<Scan | undefined>;
  /** Completes what is kept of the lines. */
  close(): Promise<void>;
  /** Removes what is kept of the lines. */
  remove(): Promise<void>;
}

/** The proven lines of an hour, without duplicates, in a Parquet file. */
export interface ProvenLines extends LineScan {
  readonly path: string;
  readonly unique: number;
  readonly duplicates: number;
}

export interface ScannedHour extends LocalHour {
  /** Of its files, unpacked, about; never less. */
  readonly bytes: number;
}

/** A scan that keeps no proven line, for an hour of another day. Undefined where the times of the hour cannot be proven so. */
export function beginScan(kernel: LineKernel, pipeline: Pipeline, hour: ScannedHour): LineScan | undefined {
  if (!beginHour(kernel, pipeline, hour)) return undefined;
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    add: (text) => scanLines(kernel, text, nothing),
    close: nothing,
    remove: nothing,
  };
}

/** Longer lines are odd: what DuckDB takes of a Parquet file at once, some thousand of them, must fit into its memory. */
const LONGEST_PROVEN = 16 * 1024;

async function scanLines(
  kernel: LineKernel,
  text: Buffer,
  onRows: Parameters<LineKernel['scan']>[1],
): Promise<Scan | undefined> {
  const short = hasLongLine(text, LONGEST_PROVEN) ? withoutLongLines(text) : { text, long: [] };
  if (short.text.length > kernel.size.text) return undefined;
  const scan = await kernel.scan(short.text, onRows);
  if (scan === undefined || short.long.length === 0) return scan;
  let [next, shift] = [0, 0];
  const odd = scan.odd.map(({ line, from, to }) => {
    const long = short.long[next];
    if (long?.at !== from) return { line, from: from + shift, to: to + shift };
    next += 1;
    shift = long.to - to;
    return { line, from: long.from, to: long.to };
  });
  return { lines: scan.lines, odd };
}

interface LongLine {
  /** Where in the shortened text something stands in for it. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** The text with an odd line of one byte for each that is long. */
function withoutLongLines(text: Buffer): { readonly text: Buffer; readonly long: readonly LongLine[] } {
  const parts: Buffer[] = [];
  const long: LongLine[] = [];
  let [copied, bytes] = [0, 0];
  for (let from = 0; from <= text.length;) {
    const to = endOfLine(text, from);
    if (to - from > LONGEST_PROVEN) {
      bytes += from - copied;
      long.push({ at: bytes, from, to });
      parts.push(text.subarray(copied, from), STAND_IN);
      bytes += STAND_IN.length;
      copied = to;
    }
    from = to + 1;
  }
  return { text: Buffer.concat([...parts, text.subarray(copied)]), long };
}

const STAND_IN = Buffer.from('?');

function beginHour(kernel: LineKernel, pipeline: Pipeline, { date, hour, bytes }: ScannedHour): boolean {
  const time = kernelTimeOf(pipeline, date, hour);
  if (time === undefined) return false;
  kernel.beginHour(time, Math.ceil(bytes / LINE_BYTES), kernelSizeFor(bytes));
  return true;
}

/** Undefined where the times of the hour cannot be proven so. */
export async function beginProvenLines(
  kernel: LineKernel,
  pipeline: Pipeline,
  { path, ...hour }: ScannedHour & { readonly path: string },
): Promise<ProvenLines | undefined> {
  if (!beginHour(kernel, pipeline, hour)) return undefined;
  const columns = Object.entries(pipeline.events.columns).map(([name, type]) => ({ name, type }));
  const file = await ParquetWriter.open(path, columns);
  let unique = 0;
  let duplicates = 0;
  return {
    path,
    get unique() {
      return unique;
    },
    get duplicates() {
      return duplicates;
    },
    async add(text) {
      const scan = await scanLines(kernel, text, async (rows, encoded) => {
        unique += rows;
        await file.writeGroup(rows, encoded);
      });
      duplicates = kernel.duplicates;
      return scan;
    },
    close: () => file.close(),
    async remove() {
      await file.abandon();
      await rm(path, { force: true });
    },
  };
}
