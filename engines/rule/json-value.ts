import type { ColumnType } from '../../domain/pipeline';
import { literal } from '../duckdb/sql';

/**
 * The rule for one field, over an SQL expression `raw` that holds its JSON text (as DuckDB writes it back), or NULL:
 * absent and null are null; a VARCHAR takes a string, a BOOLEAN true or false, a DOUBLE any number within its
 * range, a BIGINT a number written without fraction and exponent (5.0 and 1e3 are none) within 64 bits.
 */
export function jsonValueFault(column: string, type: ColumnType, raw: string): string {
  return `CASE WHEN coalesce(${raw}, 'null') = 'null' OR (${accepts(type, raw)}) THEN NULL
    ELSE ${literal(`${column} is `)} || ${shortened(raw)} || ${literal(`, not ${NAMES[type]}`)} END`;
}

/**
 * The same rule for a field that is text by itself, as in a CSV, NULL where it is empty: a VARCHAR takes any text, the
 * other types what they take in JSON. `value` is the text as a value of the type, NULL where it is none.
 */
export function textValueFault(column: string, type: ColumnType, text: string, value: string): string {
  if (type === 'VARCHAR') return 'NULL';
  return `CASE WHEN ${text} IS NULL OR (${accepts(type, text, value)}) THEN NULL
    ELSE ${literal(`${column} is `)} || ${shortened(`to_json(${text})::VARCHAR`)} || ${literal(`, not ${NAMES[type]}`)} END`;
}

/** The value of a field without fault, as SQL of the column's type. */
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

/** `value` is the raw text as a value of the type, NULL where it is none. */
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

/** Of a text, what a reason quotes. */
export function shortened(raw: string): string {
  return `CASE WHEN length(${raw}) > 60 THEN left(${raw}, 60) || '…' ELSE ${raw} END`;
}
