import { endOfLine } from '../input/framing/line-feeds';
import type { LineRange } from './kernel';

interface LongLine {
  /** Where the stand-in is in the shortened text. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** One byte, which is never a line of a layout. */
const STAND_IN = Buffer.from('?');

/** The text with a stand-in for each line that is longer than `most` bytes. */
export function withoutLongLines(
  text: Buffer,
  most: number,
): { readonly text: Buffer; readonly long: readonly LongLine[] } {
  const parts: Buffer[] = [];
  const long: LongLine[] = [];
  let [copied, bytes] = [0, 0];
  for (let from = 0; from <= text.length;) {
    const to = endOfLine(text, from);
    if (to - from > most) {
      bytes += from - copied;
      long.push({ at: bytes, from, to });
      parts.push(text.subarray(copied, from), STAND_IN);
      bytes += STAND_IN.length;
      copied = to;
    }
    from = to + 1;
  }
  return { text: Buffer.concat([...parts, text.subarray(copied)]), long };
}

/** Returns a function that converts lines of the shortened text, in order, to their place in the full text. */
export function fullRange(long: readonly LongLine[]): (line: LineRange) => LineRange {
  let [next, shift] = [0, 0];
  return ({ from, to }) => {
    const here = long[next];
    if (here?.at !== from) return { from: from + shift, to: to + shift };
    next += 1;
    shift = here.to - to;
    return { from: here.from, to: here.to };
  };
}
