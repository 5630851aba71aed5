import { rm } from 'node:fs/promises';
import { hasLongLine } from '../input/framing/line-feeds';
import type { HourScan, ProvenLines, ScannedHour, ScannedLines } from '../model/fast-path';
import type { KernelTime } from './hour-times';
import { kernelSizeFor, type LineKernel, type LineRange } from './kernel';
import { fullRange, withoutLongLines } from './long-lines';
import { ParquetWriter } from './parquet/parquet-writer';

/** The approximate length of a line, for a first estimate of the number of lines. */
export const LINE_BYTES = 64;
/**
 * Longer lines are misses. DuckDB reads some thousand lines of a Parquet file at once, and they must fit into its
 * memory.
 */
const LONGEST_PROVEN = 16 * 1024;
/** With fewer misses their share does not matter. */
const FEW_MISSES = 10_000;
const MOST_SHARE_OF_MISSES = 0.2;
/** The positions of misses are held in memory. */
const MOST_MISSES = 1024 * 1024;
const LINE_FEED = 10;

/** Scans an hour with the kernel. */
export class KernelScan implements HourScan {
  readonly #kernel: LineKernel;
  readonly #time: KernelTime;
  readonly #hour: ScannedHour;
  #file: ParquetWriter | undefined;
  #proven: ProvenLines | undefined;
  #lines = 0;
  #misses = 0;

  constructor(kernel: LineKernel, time: KernelTime, hour: ScannedHour) {
    this.#kernel = kernel;
    this.#time = time;
    this.#hour = hour;
  }

  get proven(): ProvenLines | undefined {
    return this.#proven;
  }

  async begin(): Promise<void> {
    const { bytes, path } = this.#hour;
    this.#kernel.beginHour(this.#time, Math.ceil(bytes / LINE_BYTES), kernelSizeFor(bytes));
    [this.#lines, this.#misses] = [0, 0];
    if (path === undefined) return;
    this.#file = await ParquetWriter.open(path, this.#kernel.columns);
    this.#proven = { path, unique: 0, duplicates: 0 };
  }

  async add(text: Buffer): Promise<ScannedLines | undefined> {
    const short = hasLongLine(text, LONGEST_PROVEN) ? withoutLongLines(text, LONGEST_PROVEN) : { text, long: [] };
    if (short.text.length > this.#kernel.size.text) return undefined;
    const scan = await this.#kernel.scan(short.text, async (rows, columns) => {
      if (this.#proven === undefined) return;
      this.#proven = { ...this.#proven, unique: this.#proven.unique + rows };
      await this.#file?.writeGroup(rows, columns);
    });
    if (scan === undefined) return undefined;
    this.#proven &&= { ...this.#proven, duplicates: this.#kernel.duplicates };
    this.#lines += scan.lines;
    this.#misses += scan.misses.length;
    if (this.#misses > Math.min(MOST_MISSES, Math.max(FEW_MISSES, MOST_SHARE_OF_MISSES * this.#lines)))
      return undefined;
    if (scan.misses.length === 0) return { lines: scan.lines, misses: undefined };
    const ranges = scan.misses.map(fullRange(short.long));
    return {
      lines: scan.lines,
      misses: { positions: scan.misses.map(({ line }) => line), text: linesOf(text, ranges) },
    };
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async remove(): Promise<void> {
    await this.#file?.abandon();
    if (this.#proven !== undefined) await rm(this.#proven.path, { force: true });
  }
}

/** The lines, each with a line feed at its end. */
function linesOf(text: Buffer, ranges: readonly LineRange[]): Buffer {
  const lines = Buffer.allocUnsafe(ranges.reduce((bytes, { from, to }) => bytes + to - from + 1, 0));
  let filled = 0;
  for (const { from, to } of ranges) {
    filled += text.copy(lines, filled, from, to);
    lines[filled] = LINE_FEED;
    filled += 1;
  }
  return lines;
}
