import { literal } from '../duckdb/sql';
import { jsonValueFault, jsonValueSql, type FieldRule } from './json-value';
import { misreadSql } from './reasons';

/**
 * The rule for a list, over SQL expressions: `raw` holds its JSON text or NULL, `elements` the JSON texts of its
 * elements if it is an array. Absent and null are null. An array is a list of which each element is null or as
 * `jsonValueFault` says.
 *
 * @param label the name of the list in the reason, which may end with `)`.
 */
export function jsonListFault(label: string, rule: FieldRule, { raw, elements }: ListSql): string {
  const [open, close] = label.endsWith(')') ? [`${label.slice(0, -1)}[`, '])'] : [`${label}[`, ']'];
  const name = `${literal(open)} || (daybreak_index - 1)::VARCHAR || '${close}'`;
  const faults = `list_transform(${elements}, lambda daybreak_raw, daybreak_index: ${jsonValueFault(name, rule, 'daybreak_raw')})`;
  return `CASE WHEN coalesce(${raw}, 'null') = 'null' THEN NULL
    WHEN NOT starts_with(${raw}, '[') THEN ${misreadSql(literal(label), raw, 'a list')}
    ELSE list_filter(${faults}, lambda daybreak_fault: daybreak_fault IS NOT NULL)[1] END`;
}

/** The value of a list without a fault, as SQL of the column's type. */
export function jsonListSql(rule: FieldRule, { elements }: Pick<ListSql, 'elements'>): string {
  return `list_transform(${elements}, lambda daybreak_raw: ${jsonValueSql(rule, 'daybreak_raw')})`;
}

export interface ListSql {
  readonly raw: string;
  readonly elements: string;
}
