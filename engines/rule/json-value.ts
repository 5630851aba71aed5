import type { ColumnType } from '../../domain/pipeline';
import { literal } from '../duckdb/sql';

/**
 * The rule for one field, over an SQL expression `raw` that holds its JSON text (as DuckDB writes it back), or NULL.
 * Absent and null are null. A VARCHAR takes a string, a BOOLEAN true or false, a DOUBLE any number within its range. A
 * BIGINT takes a number within 64 bits that is written without fraction and exponent (so not 5.0 or 1e3).
 */
export function jsonValueFault(column: string, type: ColumnType, raw: string): string {
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
export function jsonValueSql(type: ColumnType, raw: string): string {
  const value = type === 'VARCHAR' ? `${raw}::JSON->>'$'` : `TRY_CAST(${raw} AS ${type})`;
  return `CASE WHEN ${raw} <> 'null' THEN ${value} END`;
}

const NAMES: Readonly<Record<ColumnType, string>> = {
  VARCHAR: 'a string',
  BIGINT: 'an integer of 64 bits',
  DOUBLE: 'a number within the range of a double',
  BOOLEAN: 'true or false',
};

/** `value` is the raw text as a value of the type, NULL if it is not one. */
function accepts(type: ColumnType, raw: string, value = `TRY_CAST(${raw} AS ${type})`): string {
  switch (type) {
    case 'VARCHAR':
      return `starts_with(${raw}, '"')`;
    case 'BIGINT':
      return `regexp_full_match(${raw}, '-?[0-9]+') AND ${value} IS NOT NULL`;
    case 'DOUBLE':
      return `regexp_full_match(${raw}, '-?[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?') AND coalesce(isfinite(${value}), false)`;
    case 'BOOLEAN':
      return `${raw} IN ('true', 'false')`;
  }
}

/** The part of a text that a reason quotes. */
export function shortened(raw: string): string {
  return `CASE WHEN length(${raw}) > 60 THEN left(${raw}, 60) || '…' ELSE ${raw} END`;
}
