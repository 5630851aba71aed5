import { rm } from 'node:fs/promises';
import type { BusinessDate } from '../../domain/business-date';
import type { Pipeline } from '../../domain/pipeline';
import { kernelSizeFor, type LineKernel, type Scan } from '../line-kernel/kernel';
import { kernelTimeOf } from '../line-kernel/kernel-time';
import { ParquetWriter } from '../parquet-writer';

/** About the length of a line, for a first guess of their number. */
const LINE_BYTES = 64;

/** The lines of an hour that could be proven valid without a JSON parser, without duplicates, in a Parquet file. */
export interface ProvenLines {
  readonly path: string;
  readonly unique: number;
  readonly duplicates: number;
  /** Undefined where the hour is too large for it, and has to be staged instead. */
  add(text: Buffer): Promise<Scan | undefined>;
  /** Completes the file. */
  close(): Promise<void>;
  /** Removes the file. */
  remove(): Promise<void>;
}

/** Undefined where the times of the hour cannot be proven so. */
export async function beginProvenLines(
  kernel: LineKernel,
  pipeline: Pipeline,
  { date, hour, bytes, path }: { date: BusinessDate; hour: string; bytes: number; path: string },
): Promise<ProvenLines | undefined> {
  const time = kernelTimeOf(pipeline, date, hour);
  if (time === undefined) return undefined;
  kernel.beginHour(time, Math.ceil(bytes / LINE_BYTES), kernelSizeFor(bytes));
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
