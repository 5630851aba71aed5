import { isUtf8 } from 'node:buffer';
import { readLargeFile, type ReadFile } from '../input-bytes';

/** Why the file of a static table cannot be used: where in it, which value, and what is accepted. */
export class TableFault extends Error {
  override readonly name = 'TableFault';
  /** What the reader can do about it, where that is more than to correct the file. */
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** Records of a table as UTF-8, one a line, joined by line feeds. Its text is valid until the next one is asked for. */
export interface TableRecords {
  readonly text: Buffer;
  /** Where in the file the record at a position of `text` stands, such as `line 3`. */
  readonly placeOf: (position: number) => string;
}

/** How the bytes of a format become records. One instance reads one file. */
export interface RecordReader {
  /**
   * Takes as many whole records as `bytes` begins with; `isLast` where the file ends with them. What is not taken comes
   * again with the bytes behind it. Throws TableFault.
   */
  take(bytes: Buffer, isLast: boolean): { readonly taken: number; readonly records: TableRecords };
}

const LONGEST_RECORD = 64 * 1024 * 1024;
const LINE_FEED = 10;

/** Reads a table's file, `path` without links, in pieces of some megabytes that never cut a record. Throws TableFault. */
export async function* readTable(
  { file, path }: { readonly file: string; readonly path: string },
  reader: RecordReader,
): AsyncGenerator<TableRecords> {
  let rest: Buffer = Buffer.alloc(0);
  const read: ReadFile[] = [];
  const chunks = readLargeFile({ file, path }, (whole) => read.push(whole));
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk]);
    const { taken, records } = reader.take(bytes, false);
    rest = bytes.subarray(taken);
    if (rest.length > LONGEST_RECORD) {
      throw new TableFault(`${records.placeOf(0)} or later: a record of more than ${LONGEST_RECORD / 2 ** 20} MiB`);
    }
    yield checked(records);
  }
  if (read.some(({ truncated }) => truncated))
    throw new TableFault('the compressed file ends within its data, as a half-written one does');
  yield checked(reader.take(rest, true).records);
}

function checked(records: TableRecords): TableRecords {
  if (isUtf8(records.text)) return records;
  const lines = linesOf(records.text);
  throw new TableFault(`${records.placeOf(lines.findIndex((line) => !isUtf8(line)))}: not valid UTF-8`);
}

function linesOf(text: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start <= text.length;) {
    const found = text.indexOf(LINE_FEED, start);
    const end = found === -1 ? text.length : found;
    lines.push(text.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** How many of these bytes stand from the beginning to `end`. */
export function countBytes(bytes: Buffer, byte: number, end = bytes.length): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at !== -1 && at < end; at = bytes.indexOf(byte, at + 1)) count += 1;
  return count;
}

/** The first line of what stands in a file, for a message, and not all of a long one. */
export function excerpt(bytes: Buffer): string {
  const [text = ''] = bytes.toString('utf8', 0, 240).split(/\r?\n/);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
