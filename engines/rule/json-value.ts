import type { ColumnType } from '../../domain/pipeline';
import { literal } from '../duckdb/sql';

/** A column's type, or that of a BIGINT of seconds, which takes any number and cuts its fraction off. */
export type FieldType = ColumnType | 'WHOLE_SECONDS';

/**
 * The rule for one field, over an SQL expression `raw` that holds its JSON text (as DuckDB writes it back), or NULL.
 * Absent and null are null. A VARCHAR takes a string, a BOOLEAN true or false, a DOUBLE any number within its range. A
 * BIGINT takes a number within 64 bits that is written without fraction and exponent (so not 5.0 or 1e3). A
 * WHOLE_SECONDS takes these too.
 */
export function jsonValueFault(column: string, type: FieldType, raw: string): string {
  return `CASE WHEN coalesce(${raw}, 'null') = 'null' OR (${accepts(type, raw)}) THEN NULL
    ELSE ${literal(`${column} is `)} || ${shortened(raw)} || ${literal(`, not ${NAMES[type]}`)} END`;
}

/**
 * The same rule for a field that is text, as in a CSV, and NULL if it is empty. A VARCHAR takes any text, the other
 * types take what they take in JSON. `value` is the text as a value of the type, NULL if it is not one.
 */
export function textValueFault(column: string, type: ColumnType, text: string, value: string): string {
  if (type === 'VARCHAR') return 'NULL';
  return `CASE WHEN ${text} IS NULL OR (${accepts(type, text, value)}) THEN NULL
    ELSE ${literal(`${column} is `)} || ${shortened(`to_json(${text})::VARCHAR`)} || ${literal(`, not ${NAMES[type]}`)} END`;
}

/** The value of a field without a fault, as SQL of the column's type. */
export function jsonValueSql(type: FieldType, raw: string): string {
  const value = type === 'VARCHAR' ? `${raw}::JSON->>'$'` : valueSql(type, raw);
  return `CASE WHEN ${raw} <> 'null' THEN ${value} END`;
}

/** The text of a number or of a BOOLEAN as a value; NULL if it is not one. */
function valueSql(type: FieldType, raw: string): string {
  if (type !== 'WHOLE_SECONDS') return `TRY_CAST(${raw} AS ${type})`;
  const floored = `TRY_CAST(floor(TRY_CAST(${raw} AS DOUBLE)) AS BIGINT)`;
  return `CASE WHEN ${isMatch(raw, INTEGER)} THEN TRY_CAST(${raw} AS BIGINT) ELSE ${floored} END`;
}

const INTEGER = '-?[0-9]+';
const NUMBER = '-?[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?';

function isMatch(raw: string, pattern: string): string {
  return `regexp_full_match(${raw}, ${literal(pattern)})`;
}

const NAMES: Readonly<Record<FieldType, string>> = {
  VARCHAR: 'a string',
  BIGINT: 'an integer of 64 bits',
  DOUBLE: 'a number within the range of a double',
  BOOLEAN: 'true or false',
  WHOLE_SECONDS: 'a number of seconds within 64 bits',
};

/** `value` is the raw text as a value of the type, NULL if it is not one. */
function accepts(type: FieldType, raw: string, value = valueSql(type, raw)): string {
  switch (type) {
    case 'VARCHAR':
      return `starts_with(${raw}, '"')`;
    case 'BIGINT':
      return `${isMatch(raw, INTEGER)} AND ${value} IS NOT NULL`;
    case 'WHOLE_SECONDS':
      return `${isMatch(raw, NUMBER)} AND ${value} IS NOT NULL`;
    case 'DOUBLE':
      return `${isMatch(raw, NUMBER)} AND coalesce(isfinite(${value}), false)`;
    case 'BOOLEAN':
      return `${raw} IN ('true', 'false')`;
  }
}

/** The part of a text that a reason quotes. */
export function shortened(raw: string): string {
  return `CASE WHEN length(${raw}) > 60 THEN left(${raw}, 60) || '…' ELSE ${raw} END`;
}
