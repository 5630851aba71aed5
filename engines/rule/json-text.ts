import { literal } from '../duckdb/sql';
import { shortened } from './reasons';

/** Druid reads JSON of a thousand levels, and some of DuckDB's functions call themselves for each. */
export const MOST_LEVELS = 100;
/** Druid reads keys of 50,000 characters. */
export const LONGEST_KEY = 1000;

/**
 * The rule for a JSON value that a column keeps as JSON, over an SQL expression `raw` of its text without blanks, or
 * NULL. It has at most MOST_LEVELS levels of objects and arrays, no object has a key twice or a longer one than
 * LONGEST_KEY, and numbers are within the range of a double. Otherwise readers would fail on it, or take different
 * values from it.
 *
 * @param label SQL of the name that the reason gives the value.
 */
export function jsonTextFault(label: string, raw: string): string {
  const quoted = `${label} || ' is ' || ${shortened(raw)}`;
  return `CASE WHEN left(${raw}, 1) IN ('"', 't', 'f', 'n') THEN NULL
    WHEN ${hasManyLevels(raw)} THEN ${quoted} || ', which has more than ${MOST_LEVELS} levels'
    WHEN ${hasFarNumber(raw)} THEN ${quoted} || ', which has a number that no double holds'
    WHEN ${hasKeys(raw, 'len(names) <> len(list_distinct(names))')} THEN ${quoted} || ', in which a key occurs twice in an object'
    WHEN length(${raw}) > ${LONGEST_KEY} AND ${hasKeys(raw, `len(list_filter(names, lambda name: length(name) > ${LONGEST_KEY})) > 0`)}
      THEN ${quoted} || ', which has a key of more than ${LONGEST_KEY} characters' END`;
}

const STRING = '"(?:[^"\\\\]|\\\\.)*"';
const NO_BRACKETS = `${STRING}|[^\\[\\]{}"]+`;

/** Takes the innermost level away as often as there may be levels: then nothing may be left. */
function hasManyLevels(raw: string): string {
  const brackets = `translate(regexp_replace(${raw}, ${literal(NO_BRACKETS)}, '', 'g'), '{}', '[]')`;
  const peeled = `list_reduce(list_prepend(${brackets}, list_resize([''], ${MOST_LEVELS}, '')),
      lambda rest, again: replace(rest, '[]', ''))`;
  return `length(${raw}) > ${2 * MOST_LEVELS} AND ${peeled} <> ''`;
}

/** Only numbers with this can be too large. */
const LARGE = '[eE]\\+?0*[1-9][0-9]|[0-9]{300}';

function hasFarNumber(raw: string): string {
  const numbers = `regexp_extract_all(regexp_replace(${raw}, ${literal(STRING)}, '""', 'g'), '-?[0-9][0-9.eE+-]*')`;
  const isFar = 'NOT coalesce(isfinite(TRY_CAST(number AS DOUBLE)), false)';
  return `regexp_matches(${raw}, ${literal(LARGE)}) AND len(list_filter(${numbers}, lambda number: ${isFar})) > 0`;
}

/** @param condition SQL over `names`, the keys of one object. */
function hasKeys(raw: string, condition: string): string {
  const keys = `list_append(json_keys(${raw}, '$..*'), json_keys(${raw}))`;
  return `len(list_filter(${keys}, lambda names: ${condition})) > 0`;
}
