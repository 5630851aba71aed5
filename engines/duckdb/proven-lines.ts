import { rm } from 'node:fs/promises';
import type { LocalHour } from '../../domain/file-hours';
import type { Pipeline } from '../../domain/pipeline';
import { kernelSizeFor, type LineKernel, type Scan } from '../line-kernel/kernel';
import { kernelTimeOf } from '../line-kernel/kernel-time';
import { ParquetWriter } from '../parquet-writer';

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
    add: (text) => (text.length > kernel.size.text ? Promise.resolve(undefined) : kernel.scan(text, nothing)),
    close: nothing,
    remove: nothing,
  };
}

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
      if (text.length > kernel.size.text) return undefined;
      const scan = await kernel.scan(text, async (rows, encoded) => {
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
