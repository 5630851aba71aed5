import type { PathStep } from '../../domain/field-path';
import { literal } from '../duckdb/sql';
import { fieldsAtSql } from './field-extraction';

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
        WHEN ${isLenientJson('text')} THEN ${NOT_JSON}
        WHEN json_type(text) <> 'OBJECT' THEN ${NOT_OBJECT}
        ELSE ${OBJECT} END`;
}

/** Whether a text that is valid JSON for DuckDB is none by RFC 8259. */
export function isLenientJson(text: string): string {
  return `(regexp_matches(${text}, '${LENIENT}')
          AND regexp_matches(regexp_replace(${text}, '${STRING_LITERAL}', '""', 'g'), '${LENIENT}'))`;
}

/** For an object: the JSON texts of the fields at `paths` as the list `raws`, and its `keys`. */
export function fieldsSql(paths: readonly (readonly PathStep[])[]): string {
  return `CASE WHEN shape = ${OBJECT} THEN ${fieldsAtSql('text', paths)} END AS raws,
      CASE WHEN shape = ${OBJECT} THEN json_keys(text) END AS keys`;
}

export const REPEATED_KEY = repeatedKeyFault('keys', 'the object');

/** The fault of an object with the list `keys`, SQL or NULL, that has one twice. */
export function repeatedKeyFault(keys: string, object: string): string {
  return `CASE WHEN len(${keys}) <> len(list_distinct(${keys})) THEN ${literal(`a key occurs twice in ${object}`)} END`;
}

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
