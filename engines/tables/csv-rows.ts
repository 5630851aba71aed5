import { countBytes, excerpt, TableFault, type RecordReader, type TableRecords } from './table-records';

const NUL = 0;
const LINE_FEED = 10;
const RETURN = 13;
const QUOTE = 34;

/**
 * What replaces a line end or a delimiter within a quoted field: a NUL, which no CSV may have, and one of these
 * letters.
 */
const ESCAPES = { delimiter: 'd', lineFeed: 'n', return: 'r' } as const;

/** The escapes in rows of a CSV, and the meaning of each. */
export function escapesOf(delimiter: string): readonly { readonly letter: string; readonly meant: string }[] {
  return [
    { letter: ESCAPES.delimiter, meant: delimiter },
    { letter: ESCAPES.lineFeed, meant: '\n' },
    { letter: ESCAPES.return, meant: '\r' },
  ];
}

/**
 * The rows of a CSV (RFC 4180), each on a line. Its fields are between delimiters and without their quotes. An escape,
 * which is a NUL and a letter, replaces what would end a line or a field. A row may end with LF or CRLF; its CR stays.
 * Blank lines are empty rows.
 *
 * @param checkFirstLine gets the first line as it is in the file if its quotes do not fit the delimiter. May throw.
 */
export function csvRows(delimiter: string, checkFirstLine: (line: string) => void): RecordReader {
  const between = Buffer.from(delimiter);
  let before = 0;
  const rowsOfQuoted = (bytes: Buffer, isLast: boolean): Rows => {
    try {
      return unquoted(bytes, isLast, between, (at) => before + 1 + countBytes(bytes, LINE_FEED, at));
    } catch (thrown) {
      if (before === 0) checkFirstLine(firstLineOf(bytes));
      throw thrown;
    }
  };
  return {
    take(bytes, isLast) {
      const first = before + 1;
      const nul = bytes.indexOf(NUL);
      if (nul !== -1)
        throw new TableFault(`line ${first + countBytes(bytes, LINE_FEED, nul)}: a NUL byte, which is no text`);
      const { taken, text } = bytes.includes(QUOTE) ? rowsOfQuoted(bytes, isLast) : unchanged(bytes, isLast);
      before += countBytes(bytes, LINE_FEED, taken);
      return { taken, records: { text, placeOf: (position) => `line ${first + linesBefore(text, position)}` } };
    },
  };
}

/** The first row that is not empty, which is the header, as the names of its fields; and the records without it. */
export function takeHeader(
  { text, placeOf }: TableRecords,
  delimiter: string,
):
  | { readonly names: readonly string[]; readonly line: string; readonly place: string; readonly records: TableRecords }
  | undefined {
  let position = 0;
  for (let start = 0; start < text.length; position += 1) {
    const found = text.indexOf(LINE_FEED, start);
    const end = found === -1 ? text.length : found;
    const line = text.toString('utf8', start, end).replace(/\r$/, '');
    start = end + 1;
    if (line === '') continue;
    const skipped = position + 1;
    const records = { text: text.subarray(start), placeOf: (later: number) => placeOf(skipped + later) };
    const names = line.split(delimiter).map((name) => unescaped(name, delimiter));
    return { names, line: unescaped(line, delimiter), place: placeOf(position), records };
  }
  return undefined;
}

function unescaped(text: string, delimiter: string): string {
  return escapesOf(delimiter).reduce((left, { letter, meant }) => left.replaceAll(`\0${letter}`, meant), text);
}

interface Rows {
  readonly taken: number;
  readonly text: Buffer;
}

function firstLineOf(bytes: Buffer): string {
  const end = bytes.indexOf(LINE_FEED);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end).replace(/\r$/, '');
}

function unchanged(bytes: Buffer, isLast: boolean): Rows {
  const taken = isLast ? bytes.length : bytes.lastIndexOf(LINE_FEED) + 1;
  return { taken, text: bytes.subarray(0, bytes[taken - 1] === LINE_FEED ? taken - 1 : taken) };
}

function unquoted(bytes: Buffer, isLast: boolean, between: Buffer, lineOf: (at: number) => number): Rows {
  // An escape takes one byte more than the text that it replaces.
  const text = Buffer.allocUnsafe(2 * bytes.length);
  const isDelimiterAt = (at: number): boolean => {
    for (let index = 0; index < between.length; index += 1) if (bytes[at + index] !== between[index]) return false;
    return true;
  };
  const isLineEndAt = (at: number): boolean => {
    const end = bytes[at] === RETURN ? at + 1 : at;
    return end === bytes.length || bytes[end] === LINE_FEED;
  };
  const escapeAt = (at: number): string | undefined => {
    if (bytes[at] === LINE_FEED) return ESCAPES.lineFeed;
    if (bytes[at] === RETURN) return ESCAPES.return;
    return isDelimiterAt(at) ? ESCAPES.delimiter : undefined;
  };
  const firstOfDelimiter = between[0];
  let [size, taken, rowsSize, rowStart] = [0, 0, 0, 0];
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] ?? NUL;
    if (byte !== QUOTE) {
      text[size++] = byte;
      at += 1;
      if (byte === LINE_FEED) [taken, rowsSize, rowStart] = [at, size - 1, at];
      continue;
    }
    if (at !== rowStart && !isDelimiterAt(at - between.length)) {
      throw faultAt(
        'a quote within a field that does not begin with one; write the field in quotes and the quote twice',
        at,
      );
    }
    const opened = at;
    for (at += 1; at < bytes.length; at += 1) {
      if (bytes[at] === QUOTE) {
        if (bytes[at + 1] !== QUOTE) break;
        at += 1;
      }
      const byte = bytes[at] ?? NUL;
      const mayEnd = byte === LINE_FEED || byte === RETURN || byte === firstOfDelimiter;
      const escape = mayEnd ? escapeAt(at) : undefined;
      if (escape === undefined) {
        text[size++] = byte;
        continue;
      }
      text[size++] = NUL;
      text[size++] = escape.charCodeAt(0);
      if (escape === ESCAPES.delimiter) at += between.length - 1;
    }
    // The text behind a quote says whether the quote closes the field.
    if (at + Math.max(between.length, 2) >= bytes.length && !isLast) break;
    if (at >= bytes.length) throw faultAt('a quote that is never closed', opened);
    at += 1;
    if (at < bytes.length && !isLineEndAt(at) && !isDelimiterAt(at)) {
      throw faultAt('text after the closing quote of a field; write a quote within a field twice', at, opened);
    }
  }
  if (!isLast || bytes.at(-1) === LINE_FEED) return { taken, text: text.subarray(0, rowsSize) };
  return { taken: bytes.length, text: text.subarray(0, size) };

  function faultAt(what: string, at: number, from = at): TableFault {
    return new TableFault(`line ${lineOf(at)}: ${what}: ${excerpt(bytes.subarray(from))}`);
  }
}

/** The number of the file's lines before a row: those of earlier rows, including those within quotes. */
function linesBefore(text: Buffer, position: number): number {
  const escape = ESCAPES.lineFeed.charCodeAt(0);
  let lines = 0;
  for (let [at, row] = [0, 0]; at < text.length && row < position; at += 1) {
    if (text[at] === LINE_FEED) row += 1;
    if (text[at] === LINE_FEED || (text[at] === NUL && text[at + 1] === escape)) lines += 1;
  }
  return lines;
}
