import { literal } from '../duckdb/sql';

/**
 * Numbers as they are written. DuckDB keeps the digits of an integer, but writes any other number anew: 1.50 becomes
 * 1.5, and digits beyond a double are lost. So such numbers are put into strings before it parses a text, and taken out
 * of them afterwards. These strings begin with the character U+0001. Behind this character a sign or a digit is a
 * number's; any U+0001 of the text gets a MARK_OF_TEXT behind it meanwhile.
 */
const MARK = '\\u0001';
const MARK_OF_TEXT = '!';

/** In RE2. */
const CHANGED_NUMBER = '-?[0-9]+[.eE][0-9.eE+-]*|-0';
const SIGNED_ZERO = '-0[,}\\] \\t\\r]';
/** In RE2: is true of every text with such a number. */
const MAY_CHANGE = `[0-9][.eE]|${SIGNED_ZERO}`;
/** The same, with the signs before it in a JSON text: those behind a key, or before an element. */
const NUMBER_BEHIND_SIGNS = `("\\s*:\\s*|[\\[,]\\s*)(${CHANGED_NUMBER})`;
const MARKED_NUMBER = `"\\${MARK}([-0-9][^"]*)"`;
/** Characters that no JSON text has as they are. They stand for an escaped backslash and an escaped quote. */
const [BACKSLASH, QUOTE] = ['chr(1)', 'chr(2)'];

/**
 * Whether fields of the JSON text `text` have to be read as they are written. `raws`: the fields as DuckDB wrote them. Of
 * a zero it drops the sign; any other number that it writes anew shows.
 */
export function readsAsWrittenSql(text: string, raws: readonly string[]): string {
  const shows = raws.map((raw) => `NOT starts_with(${raw}, '"') AND regexp_matches(${raw}, '[0-9][.eE]')`);
  return [...shows, `regexp_matches(${text}, ${literal(SIGNED_ZERO)})`]
    .map((one) => `coalesce(${one}, false)`)
    .join(' OR ');
}

/**
 * A quick try at `markedSql`, as SQL over a valid JSON text: takes for a number what stands behind the signs before
 * one. The result is no JSON if that is in a string anywhere: the mark ends the string, and a backslash follows.
 */
export function quicklyMarkedSql(text: string): string {
  const marked = `regexp_replace(${text}, ${literal(NUMBER_BEHIND_SIGNS)}, ${literal(`\\1"\\${MARK}\\2"`)}, 'g')`;
  return `CASE WHEN contains(${text}, '\\') THEN '' ELSE ${marked} END`;
}

/**
 * A valid JSON text with the numbers in strings that DuckDB may write otherwise.
 *
 * @param quick SQL of what `quicklyMarkedSql` gives of the text.
 */
export function markedSql(text: string, quick: string): string {
  const safe = `replace(replace(replace(${text}, ${literal(MARK)}, ${literal(MARK + MARK_OF_TEXT)}), '\\\\', ${BACKSLASH}), '\\"', ${QUOTE})`;
  const restored = `replace(replace(${markedPartsSql(safe)}, ${QUOTE}, '\\"'), ${BACKSLASH}, '\\\\')`;
  return `CASE WHEN json_valid(${quick}) THEN ${quick}
          WHEN contains(${text}, '\\') THEN ${restored} ELSE ${markedPartsSql(text)} END`;
}

/** Between quotes stand strings, and what is not in strings, in turn. */
function markedPartsSql(text: string): string {
  const marked = `regexp_replace(part, ${literal(CHANGED_NUMBER)}, ${literal(`"\\${MARK}\\0"`)}, 'g')`;
  const isOutside = `position % 2 = 1 AND length(part) > 2`;
  return `array_to_string(list_transform(string_split(${text}, '"'), lambda part, position:
          CASE WHEN ${isOutside} THEN CASE WHEN regexp_matches(part, ${literal(MAY_CHANGE)}) THEN ${marked} ELSE part END ELSE part END), '"')`;
}

/** A part of such a text, as DuckDB writes it, with its numbers as they were. */
export function unmarkedSql(value: string): string {
  const numbers = `regexp_replace(${value}, ${literal(MARKED_NUMBER)}, '\\1', 'g')`;
  return `CASE WHEN contains(${value}, ${literal(MARK)})
          THEN replace(${numbers}, ${literal(MARK + MARK_OF_TEXT)}, ${literal(MARK)}) ELSE ${value} END`;
}
