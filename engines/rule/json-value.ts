import { decimalOf, type ColumnType, type ValueType } from '../../domain/column-types';
import { literal } from '../duckdb/sql';
import { jsonTextFault } from './json-text';
import { misreadSql } from './reasons';

/** The type of a value, or that of a BIGINT of seconds, which takes any number and cuts its fraction off. */
export type FieldType = ValueType | 'WHOLE_SECONDS';

/** What one value may be. */
export interface FieldRule {
  readonly type: FieldType;
  /** Whether texts and other scalars are taken for each other. Default false. */
  readonly lenient?: boolean;
}

/**
 * The rule for one value, over an SQL expression `raw` that holds its JSON text (as DuckDB writes it back, or with its
 * numbers as they are written where `keepsNumbers` says so), or NULL. Absent and null are null. A VARCHAR takes a
 * string, a BOOLEAN true or false, a DOUBLE any number within its range. A BIGINT takes a number within 64 bits that is
 * written without fraction and exponent (so not 5.0 or 1e3). A WHOLE_SECONDS takes these too. A DECIMAL takes a number
 * without exponent that it holds without rounding. JSON takes any value, as `jsonTextFault` says. A lenient VARCHAR
 * takes numbers, true and false too, as they are written; a lenient value of the others takes a string that holds one.
 *
 * @param label SQL of the name that the reason gives the value.
 */
export function jsonValueFault(label: string, rule: FieldRule, raw: string): string {
  const { type, lenient = false } = rule;
  if (type === 'JSON') return jsonTextFault(label, raw);
  return `CASE WHEN coalesce(${raw}, 'null') = 'null' OR (${acceptsJson(type, lenient, raw)}) THEN NULL
    ELSE ${misreadSql(label, raw, nameOf(rule))} END`;
}

/**
 * The same rule for a field that is text, as in a CSV, and NULL if it is empty. A VARCHAR takes any text, the other
 * types take what they take in JSON. `value` is the text as a value of the type, NULL if it is not one.
 */
export function textValueFault(column: string, type: ColumnType, text: string, value: string): string {
  if (type === 'VARCHAR') return 'NULL';
  return `CASE WHEN ${text} IS NULL OR (${accepts(type, text, value)}) THEN NULL
    ELSE ${misreadSql(literal(column), `to_json(${text})::VARCHAR`, nameOf({ type }))} END`;
}

/** The value of a field without a fault, as SQL of the column's type. */
export function jsonValueSql(rule: FieldRule, raw: string): string {
  return `CASE WHEN ${raw} <> 'null' THEN ${presentValueSql(rule, raw)} END`;
}

/** Whether the rule needs numbers as they are written. */
export function keepsNumbers({ type, lenient = false }: FieldRule): boolean {
  return type === 'JSON' || decimalOf(type) !== undefined || (type === 'VARCHAR' && lenient);
}

function presentValueSql({ type, lenient = false }: FieldRule, raw: string): string {
  if (type === 'JSON') return `${raw}::JSON`;
  if (type === 'VARCHAR') return lenient ? contentSql(raw) : `${raw}->>'$'`;
  return valueSql(type, lenient ? contentSql(raw) : raw);
}

/** What is in a string; any other JSON text as it is. */
function contentSql(raw: string): string {
  return `CASE WHEN starts_with(${raw}, '"') THEN ${raw}->>'$' ELSE ${raw} END`;
}

function acceptsJson(type: Exclude<FieldType, 'JSON'>, lenient: boolean, raw: string): string {
  if (type === 'VARCHAR') return lenient ? `left(${raw}, 1) NOT IN ('{', '[')` : `starts_with(${raw}, '"')`;
  return accepts(type, lenient ? contentSql(raw) : raw);
}

type ScalarType = Exclude<FieldType, 'VARCHAR' | 'JSON'>;

/** The text of a number or of a BOOLEAN as a value; NULL if it is not one. */
function valueSql(type: ScalarType, raw: string): string {
  if (type !== 'WHOLE_SECONDS') return `TRY_CAST(${raw} AS ${type})`;
  const floored = `TRY_CAST(floor(TRY_CAST(${raw} AS DOUBLE)) AS BIGINT)`;
  return `CASE WHEN ${isMatch(raw, INTEGER)} THEN TRY_CAST(${raw} AS BIGINT) ELSE ${floored} END`;
}

const INTEGER = '-?[0-9]+';
const PLAIN_NUMBER = '-?[0-9]+(?:\\.[0-9]+)?';
const NUMBER = `${PLAIN_NUMBER}(?:[eE][+-]?[0-9]+)?`;

function isMatch(raw: string, pattern: string): string {
  return `regexp_full_match(${raw}, ${literal(pattern)})`;
}

const NAMES = {
  VARCHAR: ['a string', 'a string, a number, true or false'],
  BIGINT: ['an integer of 64 bits', 'an integer of 64 bits or a string that holds one'],
  DOUBLE: ['a number within the range of a double', 'a number within the range of a double or a string that holds one'],
  BOOLEAN: ['true or false', 'true or false, also as a string'],
  WHOLE_SECONDS: [
    'a number of seconds within 64 bits',
    'a number of seconds within 64 bits or a string that holds one',
  ],
} as const;

function nameOf({ type, lenient = false }: FieldRule): string {
  const decimal = decimalOf(type);
  if (decimal !== undefined) {
    const { digits, scale } = decimal;
    const number = `a number that ${type} holds exactly: at most ${digits - scale} digits before the point and ${scale} behind it, no exponent`;
    return lenient ? `${number}; or a string that holds one` : number;
  }
  return NAMES[type as keyof typeof NAMES][lenient ? 1 : 0]; // JSON has its own reasons.
}

/** `value` is the raw text as a value of the type, NULL if it is not one. */
function accepts(type: ScalarType, raw: string, value = valueSql(type, raw)): string {
  switch (type) {
    case 'BIGINT':
      return `${isMatch(raw, INTEGER)} AND ${value} IS NOT NULL`;
    case 'WHOLE_SECONDS':
      return `${isMatch(raw, NUMBER)} AND ${value} IS NOT NULL`;
    case 'DOUBLE':
      return `${isMatch(raw, NUMBER)} AND coalesce(isfinite(${value}), false)`;
    case 'BOOLEAN':
      return `${raw} IN ('true', 'false')`;
    default:
      return `${isMatch(raw, PLAIN_NUMBER)} AND ${isMatch(raw, decimalPattern(type))} AND ${value} IS NOT NULL`;
  }
}

/** A cast would round. Zeros may stand before and behind the digits. */
function decimalPattern(type: ScalarType): string {
  const { digits, scale } = decimalOf(type) ?? { digits: 0, scale: 0 };
  return `-?0*[0-9]{0,${digits - scale}}(?:\\.[0-9]{0,${scale}}0*)?`;
}
