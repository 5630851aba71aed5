import { literals } from '../duckdb/sql';

/**
 * The part of the validity rule that events and static tables share, as SQL over a column `text`: whether it is one
 * object of RFC 8259 JSON without repeated keys. It is evaluated in steps, each a column of its own: `shape`, then
 * `raws` and `keys`, then `fault`.
 */

/** The fault of a blank line. In a file it is not a record. */
export const BLANK = '';

/** The shapes of a line. */
export const FAST = 0;
const BLANK_LINE = 1;
const NOT_JSON = 2;
const NOT_OBJECT = 3;
export const OBJECT = 4;

/** What DuckDB's parser accepts outside of strings although RFC 8259 does not. */
const LENIENT = ',[ \\t\\r]*[}\\]]|(?i:nan|inf)';
const STRING_LITERAL = '"(?:[^"\\\\]|\\\\.)*"';

/** The `text` of a column `line`: the line without the byte order marks at its beginning. */
export const UNMARKED = 'CASE WHEN starts_with(line, chr(65279)) THEN ltrim(line, chr(65279)) ELSE line END';

/** The shape of a line. FAST if `proven`, SQL of a cheaper proof, holds. */
export function shapeOfLineSql(proven: string | undefined): string {
  return `CASE ${proven === undefined ? '' : `WHEN ${proven} THEN ${FAST}`}
        WHEN regexp_full_match(text, '[ \\t\\r]*') THEN ${BLANK_LINE}
        WHEN NOT json_valid(text) THEN ${NOT_JSON}
        WHEN regexp_matches(text, '${LENIENT}')
          AND regexp_matches(regexp_replace(text, '${STRING_LITERAL}', '""', 'g'), '${LENIENT}') THEN ${NOT_JSON}
        WHEN json_type(text) <> 'OBJECT' THEN ${NOT_OBJECT}
        ELSE ${OBJECT} END`;
}

/** For an object: the JSON texts of the named fields as the list `raws`, and its `keys`. */
export function fieldsSql(names: readonly string[]): string {
  const paths = literals(names.map((name) => `$.${name}`));
  return `CASE WHEN shape = ${OBJECT} THEN json_extract(text, ${paths})::VARCHAR[] END AS raws,
      CASE WHEN shape = ${OBJECT} THEN json_keys(text) END AS keys`;
}

export const REPEATED_KEY =
  "CASE WHEN len(keys) <> len(list_distinct(keys)) THEN 'a key occurs twice in the object' END";

/** Why the line is not a record: NULL if it is one, BLANK, or the first of `faults`, which are those of an object. */
export function faultOfLineSql(faults: readonly string[]): string {
  return `CASE shape
    WHEN ${FAST} THEN NULL
    WHEN ${BLANK_LINE} THEN '${BLANK}'
    WHEN ${NOT_JSON} THEN 'not JSON'
    WHEN ${NOT_OBJECT} THEN 'not a JSON object'
    ELSE coalesce(${faults.join(',\n      ')}) END`;
}

/** `fast` for lines of that shape, `slow` for the others. */
export function caseFast(fast: string | undefined, slow: string): string {
  return fast === undefined ? slow : `CASE WHEN shape = ${FAST} THEN ${fast} ELSE ${slow} END`;
}
