import { gzipSync } from 'node:zlib';
import type { BusinessDate } from '../../../domain/business-date';
import { DaybreakError } from '../../../domain/errors';
import { fileHours } from '../../../domain/file-hours';
import { fileNamingOf, type Pipeline } from '../../../domain/pipeline';
import type { Storage } from '../../../clients/storage/storage';
import { isZstd } from '../../../engines/input/compression';
import { dayNames } from '../../../engines/input/file-names';
import type { FeedFileNames } from './file-names';
import type { FeedRecord } from '../generate';

/** Takes the records of a feed in the order of their arrival. */
export interface FileWriter {
  write(records: readonly FeedRecord[]): Promise<void>;
  /** How many files or objects have records so far. */
  readonly files: number;
}

/** The place of a feed's files: a local folder, or a storage of objects. */
export interface FileSink {
  /** As people write it. */
  readonly location: string;
  /** The files that hold a day's records, in the order of their names. */
  filesOf(date: BusinessDate): Promise<string[]>;
  /**
   * Writes a day's files. They appear when `fill` has ended, each whole. What exists is appended to, unless it is in
   * `replaced`; what is in `replaced` and has no records any more is removed.
   */
  writeDay<T>(fill: (writer: FileWriter) => Promise<T>, replaced: readonly string[]): Promise<T>;
  /** Writes a live stream until `fill` has ended. */
  writeLive<T>(fill: (writer: FileWriter) => Promise<T>): Promise<T>;
  close(): void;
}

/** The files in a storage that hold a day's records, in the order of their names. */
export async function filesOfDay(storage: Storage, pipeline: Pipeline, date: BusinessDate): Promise<string[]> {
  const hours = fileHours(date, pipeline.timeZone, fileNamingOf(pipeline));
  const found = new Set<string>();
  for (const named of hours.dates) {
    const names = dayNames(pipeline.files.pattern, named);
    for await (const { key } of storage.list(names.prefix)) {
      const hour = names.hourOf(key);
      if (hour !== undefined && hours.expectedAt({ date: named, hour })?.own === true) found.add(key);
    }
  }
  return [...found].sort();
}

export interface FileLines {
  /** The time of one of the events, epoch milliseconds. */
  readonly instant: number;
  readonly lines: string[];
}

/** The lines that go to files, by the names of the files. */
export function linesByFile(names: FeedFileNames, records: readonly FeedRecord[]): Map<string, FileLines> {
  const files = new Map<string, FileLines>();
  for (const { instant, text, toFile } of records) {
    if (!toFile) continue;
    const name = names.of(instant);
    const file = files.get(name) ?? { instant, lines: [] };
    files.set(name, file);
    file.lines.push(`${text}\n`);
  }
  return files;
}

/** Lines as the file's name says that they are packed. Several such parts behind each other are a valid file too. */
export function packed(name: string, lines: readonly string[]): Buffer {
  if (isZstd(name)) {
    throw new DaybreakError('WRONG_USAGE', {
      what: `by files.pattern the file ${name} is zstd, and feed writes plain and gzip files only`,
      remedy: 'End files.pattern without .zst: the batch also reads files to which a shipper adds it.',
    });
  }
  const text = Buffer.from(lines.join(''));
  return /\.gz$/i.test(name) ? gzipSync(text) : text;
}
