import type { Framing } from '../../../domain/pipeline';
import { binaryFault } from '../compression';
import { endOfLine } from './line-feeds';

const [QUOTE, COMMA, BACKSLASH, LINE_FEED, RETURN] = [0x22, 0x2c, 0x5c, 0x0a, 0x0d];
/** In a string. */
const NO_JSON = 0x01;
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE, BLANK, TAB] = [0x5b, 0x5d, 0x7b, 0x7d, 0x20, 0x09];

/**
 * Makes lines of JSON objects that stand in an array, behind commas or with nothing between them: each object becomes one
 * line, its own line breaks blanks. Text outside of objects that is more than that becomes a line of its own, which is no
 * record. A string that holds a line break, which is no JSON, stays none.
 */
export class JsonFraming {
  /** The depth of the open object. */
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  /** Whether the open line has text outside of objects. */
  #hasText = false;
  #objects = 0;

  /** Whole objects so far. */
  get objects(): number {
    return this.#objects;
  }

  /** Whether the bytes so far end within an object. */
  get isOpen(): boolean {
    return this.#depth > 0;
  }

  /** The lines of the next bytes in a new Buffer, each with its line feed except the open one. */
  lines(bytes: Buffer): Buffer {
    // A line feed is added only behind an object, which has at least two bytes, and before an object that follows other
    // text.
    const lines = Buffer.allocUnsafe(2 * bytes.length + 2);
    let filled = 0;
    const put = (byte: number): void => {
      lines[filled] = byte;
      filled += 1;
    };
    for (const byte of bytes) {
      if (this.#depth === 0) {
        if (byte === OPEN) {
          if (this.#hasText) put(LINE_FEED);
          [this.#hasText, this.#depth] = [false, 1];
          put(byte);
        } else if (byte === LINE_FEED) {
          if (this.#hasText) put(LINE_FEED);
          this.#hasText = false;
        } else if (!isBetween(byte)) {
          this.#hasText = true;
          put(byte);
        }
        continue;
      }
      put(byte === LINE_FEED || byte === RETURN ? (this.#isText ? NO_JSON : BLANK) : byte);
      if (this.#isText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#isText = false;
      } else if (byte === QUOTE) this.#isText = true;
      else if (byte === OPEN) this.#depth += 1;
      else if (byte === CLOSE) {
        this.#depth -= 1;
        if (this.#depth > 0) continue;
        put(LINE_FEED);
        this.#objects += 1;
      }
    }
    return lines.subarray(0, filled);
  }
}

function isBetween(byte: number): boolean {
  return (
    byte === COMMA || byte === OPEN_LIST || byte === CLOSE_LIST || byte === BLANK || byte === TAB || byte === RETURN
  );
}

/** The first lines and bytes of a file, which show its framing. */
const LINES_SEEN = 20;
export const BYTES_THAT_SAY_FRAMING = 64 * 1024;
/** Fewer objects than this without a line feed between them are a torn line. */
const OBJECTS_OF_NO_LINE = 10;
const BETWEEN_OBJECTS = '}{';
const NO_LINE_FEEDS = 'JSON objects with no line feed between them';

/** With its mark, or a bracket and one more character that is not NUL. In UTF-8 no zero byte stands beside a bracket. */
const UTF_16 = /^(?:fffe..00|feff00|[57]b00(?!00)..00|00[57]b00(?!00))/;
const UTF_16_BYTES = 4;

/**
 * Why content is not read as records: it is UTF-16 or no text, or it does not have a record a line, although it has JSON
 * objects. Undefined if one of its first lines is one object and none is many, or if it is text without JSON.
 *
 * @param content from the beginning of the file, at least BYTES_THAT_SAY_FRAMING or all of it.
 */
export function framingFault(framing: Framing | undefined, content: Buffer): string | undefined {
  if (framing === undefined || content.length === 0) return undefined;
  if (UTF_16.test(content.toString('hex', 0, UTF_16_BYTES))) {
    return 'it holds text of UTF-16, and files are read that are UTF-8';
  }
  const beginning = content.subarray(0, BYTES_THAT_SAY_FRAMING);
  // Objects that need no lines can stand behind anything.
  if (framing === 'json') return binaryFault(beginning) && binaryFault(new JsonFraming().lines(beginning));
  const isJoined = beginning.includes(BETWEEN_OBJECTS);
  // Of nearly every file the first line says it.
  if (!isJoined && objectsIn(beginning.toString('utf8', 0, endOfLine(beginning, 0))) === 'one') return undefined;
  return lineFault(beginning, { isJoined, isCut: content.length > beginning.length }) ?? binaryFault(beginning);
}

/** Why content that has JSON objects does not have a record a line. */
function lineFault(
  beginning: Buffer,
  { isJoined, isCut }: { readonly isJoined: boolean; readonly isCut: boolean },
): string | undefined {
  const all = beginning.toString('utf8').split('\n');
  const lines = (isCut && all.length > 1 ? all.slice(0, -1) : all)
    .slice(0, LINES_SEEN)
    .filter((line) => line.trim() !== '');
  const kind = isJoined && all.some(holdsMany) ? NO_LINE_FEEDS : kindOf(lines);
  if (kind === undefined) return undefined;
  const framed = new JsonFraming();
  // Braces alone also close in torn and broken lines, which are bad records.
  if (!framed.lines(beginning).toString().split('\n').some(isObject)) return undefined;
  const { objects } = framed;
  if (isCut && lines.length < 2 && objects < OBJECTS_OF_NO_LINE) return undefined;
  return `it holds ${kind}, not a record a line: set files.framing: json in pipeline.yaml`;
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

function objectsOf(bytes: Buffer): JsonFraming {
  const framing = new JsonFraming();
  framing.lines(bytes);
  return framing;
}

/**
 * Undefined if lines are objects, whatever the first line is: a torn line is a bad record. In an array one object may
 * stand alone in its line, and among objects with commas the last one may.
 */
function kindOf(lines: readonly string[]): string | undefined {
  const [first = ''] = lines;
  const records = recordsIn(lines);
  if (/^\s*\[/.test(first)) {
    if (!/^\s*\[\s*\{/.test(lines.join('\n'))) return undefined;
    return records <= (/\]\s*$/.test(first) ? 0 : 1) ? 'a JSON array' : undefined;
  }
  if (!/^\s*\{/.test(first)) return undefined;
  if (/\}\s*,\s*$/.test(first)) return records <= 1 ? 'JSON objects with commas behind them' : undefined;
  if (records > 0) return undefined;
  return objectsIn(first) === 'several' ? NO_LINE_FEEDS : 'JSON objects over several lines';
}

/** How many lines are one object. A line within an object of several lines is none of them, unless that is torn. */
function recordsIn(lines: readonly string[]): number {
  const framing = new JsonFraming();
  let [records, inside, open] = [0, 0, ''];
  for (const line of lines) {
    const isOne = objectsIn(line) === 'one';
    if (!framing.isOpen && isOne) records += 1;
    else if (isOne) inside += 1;
    open += framing.lines(Buffer.from(`${line}\n`)).toString();
    if (framing.isOpen) continue;
    const [whole = ''] = open.split('\n');
    if (!isObject(whole)) records += inside;
    [inside, open] = [0, ''];
  }
  return records + inside;
}

/** Whether a line is many objects, which some writers make of what others have given with and without line feeds. */
function holdsMany(line: string): boolean {
  if (!line.includes(BETWEEN_OBJECTS)) return false;
  const framing = new JsonFraming();
  const framed = framing.lines(Buffer.from(line)).toString().trimEnd().split('\n');
  return framing.objects >= OBJECTS_OF_NO_LINE && framed.filter(isObject).length >= OBJECTS_OF_NO_LINE;
}

/** Whether a line is one JSON object, several or neither. Only its braces are checked. */
function objectsIn(line: string): 'one' | 'several' | 'none' {
  const text = line.trim();
  const { objects, isOpen } = objectsOf(Buffer.from(text));
  if (objects > 1) return 'several';
  return objects === 1 && !isOpen && text.startsWith('{') && text.endsWith('}') ? 'one' : 'none';
}
