import { elementTypeOf, type ValueType } from '../../domain/column-types';
import { eventColumnsOf, type EventColumn } from '../../domain/event-columns';
import { pathOf, type PathStep } from '../../domain/field-path';
import type { Pipeline } from '../../domain/pipeline';
import { literal } from '../duckdb/sql';
import { fieldAtSql, fieldsAtSql, keysAtSql } from './field-extraction';
import { fieldsSql, OBJECT, REPEATED_KEY, repeatedKeyFault } from './json-line';
import { jsonListFault, jsonListSql } from './json-list';
import { jsonValueFault, jsonValueSql, keepsNumbers, type FieldRule } from './json-value';
import { markedSql, quicklyMarkedSql, readsAsWrittenSql, unmarkedSql } from './written-numbers';

/** How the declared columns are read from the objects of lines, as SQL over the columns `text` and `shape`. */
export interface RecordColumns {
  /** Columns to compute, one step after the other: each step uses those before it. */
  readonly steps: readonly string[];
  readonly columns: readonly RecordColumn[];
  /** SQL of the fault of an object in which a key on the way to a column occurs twice, else NULL; one for each object. */
  readonly keyFaults: readonly string[];
}

export interface RecordColumn extends Pick<EventColumn, 'name' | 'label'> {
  /** SQL of the JSON text of the field, or NULL. */
  readonly raw: string;
  /** SQL of the reason why the field is bad, else NULL. */
  readonly fault: string;
  /** SQL of the value of a field without a fault. */
  readonly value: string;
}

export function recordColumnsOf(pipeline: Pipeline): RecordColumns {
  const columns = eventColumnsOf(pipeline.events);
  const asWritten = columns.filter((column) => keepsNumbers(ruleOf(column)));
  const lists = columns.filter((column) => !isScalar(column));
  const objects = objectsOnTheWay(columns);
  const foundOf = (column: EventColumn): string => `raws[${columns.indexOf(column) + 1}]`;
  const rawOf = (column: EventColumn): string =>
    asWritten.includes(column) ? `written[${asWritten.indexOf(column) + 1}]` : foundOf(column);
  const elementsOf = (column: EventColumn): string => `elements${lists.indexOf(column)}`;
  const isWritten = readsAsWrittenSql('text', asWritten.map(foundOf));
  const writtenPaths = asWritten.map(({ steps }) => steps);
  const written = unmarkedListSql(fieldsAtSql('marked', writtenPaths));
  return {
    steps: [
      [
        fieldsSql(columns.map(({ steps }) => steps)),
        ...(objects.length === 0
          ? []
          : [`CASE WHEN ${IS_OBJECT} THEN ${keysAtSql('text', objects)} END AS inner_keys`]),
      ].join(',\n      '),
      ...(asWritten.length === 0
        ? []
        : [
            `CASE WHEN ${IS_OBJECT} AND (${isWritten}) THEN ${quicklyMarkedSql('text')} END AS quickly_marked`,
            `CASE WHEN quickly_marked IS NOT NULL THEN ${markedSql('text', 'quickly_marked')} END AS marked`,
            `CASE WHEN marked IS NULL THEN [${asWritten.map(foundOf).join(', ')}] ELSE ${written} END AS written`,
          ]),
      ...(lists.length === 0
        ? []
        : [lists.map((column) => `${elementsSql(column, rawOf(column))} AS ${elementsOf(column)}`).join(',\n      ')]),
    ],
    columns: columns.map((column) => {
      const { name, label } = column;
      const [raw, elements] = [rawOf(column), elementsOf(column)];
      if (!isScalar(column)) {
        const rule = ruleOf(column);
        return {
          name,
          label,
          raw,
          fault: jsonListFault(label, rule, { raw, elements }),
          value: jsonListSql(rule, { elements }),
        };
      }
      const rule = fieldRuleOf(pipeline, column);
      return { name, label, raw, fault: jsonValueFault(literal(label), rule, raw), value: jsonValueSql(rule, raw) };
    }),
    keyFaults: [
      REPEATED_KEY,
      ...objects.map((steps, index) => repeatedKeyFault(`inner_keys[${index + 1}]`, pathOf(steps))),
    ],
  };
}

/** What a column that is no list may hold. Whole seconds may come with a fraction, as Fluent Bit writes them. */
export function fieldRuleOf({ events }: Pipeline, column: EventColumn): FieldRule {
  const rule = ruleOf(column);
  const isSeconds = column.name === events.time.column && events.time.format === 'epoch-seconds';
  return isSeconds && rule.type === 'BIGINT' ? { ...rule, type: 'WHOLE_SECONDS' } : rule;
}

const IS_OBJECT = `shape = ${OBJECT}`;

/** The rule of its value, or of its elements. */
function ruleOf({ type, lenient }: EventColumn): FieldRule {
  return { type: elementTypeOf<ValueType>(type) ?? (type as ValueType), lenient };
}

function isScalar({ type }: EventColumn): boolean {
  return elementTypeOf<ValueType>(type) === undefined;
}

/** The objects below the record's own in which a column looks for a key. */
function objectsOnTheWay(columns: readonly EventColumn[]): (readonly PathStep[])[] {
  const ways = columns.flatMap(({ steps }) =>
    steps.flatMap((step, index) => (index > 0 && typeof step === 'string' ? [steps.slice(0, index)] : [])),
  );
  return [...new Map(ways.map((steps) => [pathOf(steps), steps])).values()];
}

/** The texts of the elements, if the value is an array. */
function elementsSql(column: EventColumn, raw: string): string {
  const elements = (json: string): string => `json_extract(${json}, '$[*]')::VARCHAR[]`;
  const plain = elements(raw);
  const value = keepsNumbers(ruleOf(column))
    ? `CASE WHEN marked IS NULL THEN ${plain} ELSE ${unmarkedListSql(elements(fieldAtSql('marked', column.steps)))} END`
    : plain;
  return `CASE WHEN starts_with(${raw}, '[') THEN ${value} END`;
}

function unmarkedListSql(list: string): string {
  return `list_transform(${list}, lambda daybreak_marked: ${unmarkedSql('daybreak_marked')})`;
}
