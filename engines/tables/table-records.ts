import { isUtf8 } from 'node:buffer';
import { NotWhole, readLargeFile } from '../input/file-bytes';
import type { FileFault } from '../input/gzip/damaged-gzip';
import { countLineFeeds, endOfLine, hasLongLine } from '../input/framing/line-feeds';

/** Why the file of a static table cannot be used: the place, the value, and what is accepted. */
export class TableFault extends Error {
  override readonly name = 'TableFault';
  /** How to repair it, if correcting the file is not enough. */
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}

/**
 * Records of a table as UTF-8, one per line, joined by line feeds. The text is valid until the next one is requested.
 */
export interface TableRecords {
  readonly text: Buffer;
  /** The place in the file of the record at a position of `text`, such as `line 3`. */
  readonly placeOf: (position: number) => string;
}

/** How the bytes of a format become records. One instance reads one file. */
export interface RecordReader {
  /**
   * Takes the whole records at the beginning of `bytes`; `isLast` says that the file ends with them. Bytes that it does
   * not take come again, with those behind them. Throws TableFault.
   */
  take(bytes: Buffer, isLast: boolean): { readonly taken: number; readonly records: TableRecords };
}

/** The file of a table: its name, whose ending may say how it is compressed, and its path without links. */
export interface TableSource {
  readonly file: string;
  readonly path: string;
}

/** The default for events too. Each database of a build must have room for such a record. */
const LONGEST_RECORD = 1024 * 1024;

/** Reads a table's file in chunks of some megabytes that never cut a record. Throws TableFault. */
export async function* readTable({ file, path }: TableSource, reader: RecordReader): AsyncGenerator<TableRecords> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of wholeFile(file, path)) {
    const bytes = Buffer.concat([rest, chunk]);
    const { taken, records } = reader.take(bytes, false);
    rest = bytes.subarray(taken);
    if (rest.length > LONGEST_RECORD) {
      yield checked(records);
      throw tooLarge(`${records.placeOf(records.text.length === 0 ? 0 : countLineFeeds(records.text) + 1)} or later`);
    }
    yield checked(records);
  }
  yield checked(reader.take(rest, true).records);
}

async function* wholeFile(file: string, path: string): AsyncGenerator<Buffer> {
  let fault: FileFault | undefined;
  try {
    yield* readLargeFile({ file, path }, { carefully: false, framing: undefined }, (read) => {
      [fault] = read.faults;
    });
  } catch (thrown) {
    if (!(thrown instanceof NotWhole)) throw thrown;
    throw new TableFault('the compressed file is not whole, as one that is still being written');
  }
  if (fault !== undefined) throw new TableFault(fault.reason);
}

function checked(records: TableRecords): TableRecords {
  const { text, placeOf } = records;
  if (isUtf8(text) && !hasLongLine(text, LONGEST_RECORD)) return records;
  for (let [start, position] = [0, 0]; start <= text.length; position += 1) {
    const line = text.subarray(start, endOfLine(text, start));
    if (line.length > LONGEST_RECORD) throw tooLarge(placeOf(position));
    if (!isUtf8(line)) throw new TableFault(`${placeOf(position)}: not valid UTF-8`);
    start += line.length + 1;
  }
  return records;
}

function tooLarge(place: string): TableFault {
  return new TableFault(`${place}: a record of more than ${LONGEST_RECORD / 2 ** 20} MiB`);
}

/** How often `byte` is among the bytes before `end`. */
export function countBytes(bytes: Buffer, byte: number, end = bytes.length): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at !== -1 && at < end; at = bytes.indexOf(byte, at + 1)) count += 1;
  return count;
}

/** The first line of an excerpt of a file, for a message; a long line is cut. */
export function excerpt(bytes: Buffer): string {
  const [text = ''] = bytes.toString('utf8', 0, 240).split(/\r?\n/);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
