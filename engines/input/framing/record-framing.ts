/**
 * How both layers find records in bytes. A record is the text of one line that is not blank. Byte order marks at the
 * beginning of a line are not part of it; blanks around it are JSON's own. A file has any number of lines. A Kafka
 * value has one; blank lines around it are ignored, as in a file.
 */
const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/** Why bytes are not a record, in both layers. */
export const NOT_UTF8 = 'not valid UTF-8';

export function tooLarge(maximumBytes: number): string {
  return `larger than ${maximumBytes} bytes, which events.maximumBytes allows`;
}

const NOTHING = Buffer.alloc(0);

/**
 * The only line of a value that is not blank, without its byte order marks. Empty if there is none, undefined if there
 * are several.
 */
export function onlyLineOf(value: Buffer): Buffer | undefined {
  const line = wholeLineOf(value);
  return line?.subarray(behindMarks(line, 0, line.length));
}

/** Whether the only line of a value is too large. As in a file, the marks and blanks around its record count too. */
export function isLineTooLarge(value: Buffer, maximumBytes: number): boolean {
  return value.length > maximumBytes && (wholeLineOf(value) ?? value).length > maximumBytes;
}

/** The only line of a value that is not blank. Empty if there is none, undefined if there are several. */
function wholeLineOf(value: Buffer): Buffer | undefined {
  let only: Buffer = NOTHING;
  for (let start = 0; start < value.length;) {
    const found = value.indexOf(LINE_FEED, start);
    const end = found === -1 ? value.length : found;
    if (!isBlank(value, behindMarks(value, start, end), end)) {
      if (only.length > 0) return undefined;
      only = value.subarray(start, end);
    }
    start = end + 1;
  }
  return only;
}

/**
 * The same at the cost of a check of the first and the last byte, if the value is at most one line and a line feed. It
 * may return any other value as it is.
 */
export function likelyLineOf(value: Buffer): Buffer {
  const first = value[0] ?? 0;
  if (isBlankByte(first) || first === LINE_FEED || first === BYTE_ORDER_MARK[0]) return onlyLineOf(value) ?? value;
  if (value[value.length - 1] !== LINE_FEED) return value;
  let end = value.length - 1;
  while (value[end - 1] === LINE_FEED || isBlankByte(value[end - 1])) end -= 1;
  return value.subarray(0, end);
}

function behindMarks(value: Buffer, start: number, end: number): number {
  let at = start;
  while (at + 2 < end && BYTE_ORDER_MARK.every((byte, index) => value[at + index] === byte)) at += 3;
  return at;
}

function isBlank(value: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && isBlankByte(value[at])) at += 1;
  return at === end;
}

function isBlankByte(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}
