import { countBytes, type RecordReader } from './table-records';

const LINE_FEED = 10;

/** The lines of a file with one record per line. */
export function ndjsonLines(): RecordReader {
  let before = 0;
  return {
    take(bytes, isLast) {
      const taken = isLast ? bytes.length : bytes.lastIndexOf(LINE_FEED) + 1;
      const text = bytes.subarray(0, bytes[taken - 1] === LINE_FEED ? taken - 1 : taken);
      const first = before + 1;
      before += countBytes(bytes, LINE_FEED, taken);
      return { taken, records: { text, placeOf: (position) => `line ${first + position}` } };
    },
  };
}
