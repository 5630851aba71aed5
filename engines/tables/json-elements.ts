import { excerpt, TableFault, type RecordReader } from './table-records';

const TAB = 9;
const LINE_FEED = 10;
const RETURN = 13;
const BLANK = 32;
const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [91, 93, 123, 125];
/** Not allowed within a string either, so that a string with a line feed stays invalid JSON. */
const CONTROL = 1;

/** What may come next in the file. */
type Expected = 'array' | 'first element or ]' | 'element' | 'nothing';

/**
 * The elements of a file that is one JSON array, each on a line. Finds only where they begin and end; the rule for
 * records checks whether they are JSON.
 */
export function jsonElements(): RecordReader {
  let expected: Expected = 'array';
  let line = 1;
  let elements = 0;

  return {
    take(bytes, isLast) {
      const text = Buffer.allocUnsafe(bytes.length + 1);
      const [first, lines] = [elements + 1, [] as number[]];
      let [at, size, taken] = [0, 0, 0];
      for (; at < bytes.length; taken = at) {
        const byte = bytes[at];
        if (byte === LINE_FEED) line += 1;
        if (byte === LINE_FEED || byte === BLANK || byte === RETURN || byte === TAB) {
          at += 1;
          continue;
        }
        if (expected === 'nothing') throw faultAt(line, `${excerpt(bytes.subarray(at))} after the end of the array`);
        if (expected === 'array') {
          if (byte !== ARRAY) throw faultAt(line, `${excerpt(bytes.subarray(at))} where an array should begin with [`);
          expected = 'first element or ]';
          at += 1;
          continue;
        }
        if (byte === COMMA) throw faultAt(line, 'no element before ,');
        if (byte === ARRAY_END) {
          if (expected === 'element') throw faultAt(line, 'no element between , and ]');
          expected = 'nothing';
          at += 1;
          continue;
        }
        const end = endOfElement(bytes, at);
        if (end === undefined) {
          if (!isLast) break;
          throw partOf(bytes.subarray(at), elements + 1, line);
        }
        lines.push(line);
        elements += 1;
        line += copyAsLine(bytes.subarray(at, end), text, size);
        size += end - at;
        text[size++] = LINE_FEED;
        expected = bytes[end] === COMMA ? 'element' : 'nothing';
        at = end + 1;
      }
      if (isLast && expected !== 'nothing') {
        const found = `${elements} element${elements === 1 ? '' : 's'}`;
        throw faultAt(
          line,
          expected === 'array'
            ? 'the file ends before an array begins'
            : `the array has no ] at its end, after ${found}, as in a half-written file`,
        );
      }
      const placeOf = (position: number): string => `element ${first + position} (line ${lines[position] ?? line})`;
      return { taken, records: { text: text.subarray(0, Math.max(0, size - 1)), placeOf } };
    },
  };
}

function faultAt(line: number, what: string): TableFault {
  return new TableFault(`line ${line}: ${what}`);
}

/** The last element, whole or cut, if no , or ] ends it. */
function partOf(bytes: Buffer, element: number, line: number): TableFault {
  const text = bytes.toString().trimEnd();
  if (isJson(text)) {
    const last = line + (text.match(/\n/g)?.length ?? 0);
    return faultAt(
      last,
      `the array has no ] at its end, after ${element} element${element === 1 ? '' : 's'}, as in a half-written file`,
    );
  }
  return new TableFault(`element ${element} (line ${line}): the file ends within it: ${excerpt(bytes)}`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The position of the , or ] that ends the element at `start`; undefined if the bytes end before it. */
function endOfElement(bytes: Buffer, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      for (at += 1; at < bytes.length && bytes[at] !== QUOTE; at += 1) if (bytes[at] === BACKSLASH) at += 1;
    } else if (depth === 0 && (byte === COMMA || byte === ARRAY_END)) {
      return at;
    } else if (byte === ARRAY || byte === OBJECT) {
      depth += 1;
    } else if (depth > 0 && (byte === ARRAY_END || byte === OBJECT_END)) {
      depth -= 1;
    }
  }
  return undefined;
}

/** Copies an element without its line feeds. Returns their number. */
function copyAsLine(element: Buffer, into: Buffer, at: number): number {
  element.copy(into, at);
  let count = 0;
  let [quotesFrom, isQuoted] = [0, false];
  for (let found = element.indexOf(LINE_FEED); found !== -1; found = element.indexOf(LINE_FEED, found + 1)) {
    for (; quotesFrom < found; quotesFrom += 1) {
      if (isQuoted && element[quotesFrom] === BACKSLASH) quotesFrom += 1;
      else if (element[quotesFrom] === QUOTE) isQuoted = !isQuoted;
    }
    into[at + found] = isQuoted ? CONTROL : BLANK;
    count += 1;
  }
  return count;
}
