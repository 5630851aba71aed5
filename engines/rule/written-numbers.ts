import { literal } from '../duckdb/sql';

/**
 * Numbers as they are written. DuckDB keeps the digits of an integer, but writes any other number anew: 1.50 becomes
 * 1.5, and digits beyond a double are lost. So numbers are put into strings before it parses a text, and taken out of
 * them afterwards. A letter before its content says whether a string was one or a number; keys stay.
 */

/** Characters that no JSON text has. */
const [OPEN, MIDDLE, CLOSE] = ['chr(1)', 'chr(2)', 'chr(3)'];
const STRING_BODY = '(?:[^"\\\\]|\\\\.)*"';
const KEY = `("${STRING_BODY}[ \\t\\r]*:)`;
/** In RE2. Is also true of texts with such a number only within a string. */
const CHANGED_NUMBER = '[0-9][.eE]|-0';
const MARKED_TEXT = `${KEY}|"(${STRING_BODY})|(-?[0-9][0-9.eE+-]*)`;
const MARKED_VALUE = `${KEY}|"s(${STRING_BODY})|"n([^"]*)"`;

/** Whether DuckDB may write a number of the JSON text otherwise. */
export function changesNumbersSql(text: string): string {
  return `regexp_matches(${text}, ${literal(CHANGED_NUMBER)})`;
}

/** A valid JSON text with its numbers in strings. */
export function markedSql(text: string): string {
  const split = `regexp_replace(${text}, ${literal(MARKED_TEXT)}, '\\1' || ${OPEN} || '\\2' || ${MIDDLE} || '\\3' || ${CLOSE}, 'g')`;
  return replaced(split, [
    [`${OPEN} || ${MIDDLE} || ${CLOSE}`, "''"], // Behind a key.
    [`${MIDDLE} || ${CLOSE}`, "''"], // Behind a string.
    [`${OPEN} || ${MIDDLE}`, `'"n'`],
    [CLOSE, `'"'`],
    [OPEN, `'"s'`],
  ]);
}

/** A part of such a text, as DuckDB writes it, with its numbers as they were. */
export function unmarkedSql(value: string): string {
  const split = `regexp_replace(${value}, ${literal(MARKED_VALUE)}, '\\1' || ${OPEN} || '\\2' || ${MIDDLE} || '\\3', 'g')`;
  return replaced(split, [
    [`${OPEN} || ${MIDDLE}`, "''"], // Behind a key and before a number.
    [OPEN, `'"'`],
    [MIDDLE, "''"],
  ]);
}

function replaced(text: string, pairs: readonly (readonly [from: string, to: string])[]): string {
  return pairs.reduce((sql, [from, to]) => `replace(${sql}, ${from}, ${to})`, text);
}
