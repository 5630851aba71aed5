const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Uint8Array(128);
for (const [value, digit] of [...DIGITS].entries()) VALUES[digit.charCodeAt(0)] = value;
const [COMMA, SEMICOLON] = [...',;'].map((character) => character.charCodeAt(0));
/** Of an entry: line and column in the bundle, source, line and column there. The source is -1 if it has none. */
const NUMBERS = 5;

/**
 * The entries of a source map, in the order of their places, as one array of numbers. The map's format:
 * https://tc39.es/ecma426/. Each line ends with ';' and each entry with ','. The numbers of an entry say how its column,
 * source, line and column in the source differ from those of the entry before.
 */
export function entriesOf(mappings) {
  // An entry has a character and a separator.
  const entries = new Int32Array(NUMBERS * ((mappings.length >> 1) + 1));
  const state = new Int32Array(NUMBERS);
  let [filled, line, field, value, shift] = [0, 0, 0, 0, 0];
  for (let at = 0; at <= mappings.length; at += 1) {
    const code = at === mappings.length ? SEMICOLON : mappings.charCodeAt(at);
    if (code !== COMMA && code !== SEMICOLON) {
      const digit = VALUES[code];
      value += (digit & 31) << shift;
      shift += 5;
      if ((digit & 32) !== 0) continue;
      // The lowest bit is the sign.
      state[field] += (value & 1) === 1 ? -(value >> 1) : value >> 1;
      [field, value, shift] = [field + 1, 0, 0];
      continue;
    }
    if (field > 0) {
      entries[filled] = line;
      for (let number = 0; number < 4; number += 1) entries[filled + 1 + number] = state[number];
      if (field === 1) entries[filled + 2] = -1;
      filled += NUMBERS;
      field = 0;
    }
    if (code === COMMA) continue;
    line += 1;
    state[0] = 0;
  }
  return entries.slice(0, filled);
}

/** The last entry up to a place, all counted from 0; undefined if its line has none, or one without a source. */
export function entryAt(entries, line, column) {
  let [from, to] = [0, entries.length / NUMBERS];
  while (from < to) {
    const middle = (from + to) >> 1;
    const [atLine, atColumn] = entries.subarray(NUMBERS * middle);
    if (atLine < line || (atLine === line && atColumn <= column)) from = middle + 1;
    else to = middle;
  }
  if (from === 0) return undefined;
  const [foundLine, , source, sourceLine, sourceColumn] = entries.subarray(NUMBERS * (from - 1));
  if (foundLine !== line || source === -1) return undefined;
  return { source, line: sourceLine, column: sourceColumn };
}
