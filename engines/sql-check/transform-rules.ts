import type { EventType, OutputType } from '../../domain/column-types';
import { eventColumnsOf } from '../../domain/event-columns';
import type { Pipeline } from '../../domain/pipeline';
import { unboundedCall } from './bounded-functions';
import type { IsNumberColumn } from './integer-bounds';
import {
  argumentsOf,
  columnNamesOf,
  isNode,
  nodesOf,
  tableReferenceOf,
  tableReferencesOf,
  type SyntaxNode,
} from './transform-syntax';

/** A place in the SQL, and why it is not allowed. */
export interface Violation {
  /** Offset into the SQL text in bytes; undefined if the tree has none. */
  readonly offset: number | undefined;
  readonly reason: string;
}

/** What DuckDB's catalogue says of a function's name, over all its overloads. */
export interface FunctionTraits {
  readonly types: ReadonlySet<string>;
  readonly stabilities: ReadonlySet<string>;
}

/** Functions that are called without parentheses. */
export const VALUE_FUNCTIONS = new Set([
  'current_date',
  'current_time',
  'current_timestamp',
  'localtime',
  'localtimestamp',
]);
/**
 * The catalogue calls them deterministic, but they depend on the day, the session or the version, or make several rows
 * of one.
 */
const OTHER_FUNCTIONS = new Set([
  ...['current_localtime', 'current_localtimestamp', 'current_setting', 'getvariable', 'getenv', 'version'],
  ...['vector_type', 'json_serialize_plan', 'unnest', 'generate_subscripts'],
]);

export const ROW_WISE = 'SQL must work on each event by itself, because a micro-batch holds only some events';

/**
 * Why a SELECT might not give the same rows for a micro-batch as for a day, as far as its plan does not show it. Checks
 * what it reads, how it joins, and which functions it calls.
 */
export function rowWiseViolations(
  select: SyntaxNode,
  pipeline: Pipeline,
  traitsOf: (name: string) => FunctionTraits | undefined,
): Violation[] {
  if (select['type'] !== 'SELECT_NODE')
    return [{ offset: undefined, reason: `it is not one plain SELECT; ${ROW_WISE}` }];
  const common = select['cte_map'];
  return [
    // A WITH could give the name events another meaning.
    ...(isNode(common) && Array.isArray(common['map']) && common['map'].length > 0
      ? [{ offset: undefined, reason: `WITH is not row-wise; ${ROW_WISE}` }]
      : []),
    ...fromViolations(select['from_table'], pipeline),
    ...expressionViolations(
      [select['select_list'], select['from_table'], select['where_clause']],
      declaredColumns(pipeline),
      traitsOf,
    ),
  ];
}

/** A column that an expression may name. */
export interface KnownColumn {
  readonly name: string;
  readonly type: EventType | OutputType;
}

/** Why expressions might not have the same value for the same event at all times and everywhere. */
export function expressionViolations(
  expressions: unknown,
  columns: readonly KnownColumn[],
  traitsOf: (name: string) => FunctionTraits | undefined,
): Violation[] {
  const nodes = [...nodesOf(expressions)];
  const isNumberColumn = numberColumns(columns, nodes);
  return nodes.flatMap((node) => {
    const reason = expressionViolation(node, columns, traitsOf, isNumberColumn);
    return reason === undefined ? [] : [{ offset: offsetOf(node), reason }];
  });
}

function declaredColumns({ events, tables }: Pipeline): KnownColumn[] {
  return [
    ...eventColumnsOf(events),
    ...Object.values(tables).flatMap(({ columns }) => Object.entries(columns).map(([name, type]) => ({ name, type }))),
  ];
}

export function offsetOf(node: SyntaxNode): number | undefined {
  const location = node['query_location'];
  return typeof location === 'number' && Number.isSafeInteger(location) ? location : undefined;
}

function fromViolations(from: unknown, pipeline: Pipeline): Violation[] {
  const allowed = new Set(['events', ...Object.keys(pipeline.tables).map((name) => name.toLowerCase())]);
  const found: Violation[] = [];
  const references = tableReferencesOf(from);
  if (references.filter(({ table }) => table === 'events').length !== 1) {
    found.push({ offset: undefined, reason: 'FROM must name events exactly once' });
  }
  for (const node of nodesOf(from)) {
    const offset = offsetOf(node);
    const reference = tableReferenceOf(node);
    if (reference !== undefined && (reference.qualified || !allowed.has(reference.table))) {
      found.push({ offset, reason: `the table ${reference.table} is not declared: use ${[...allowed].join(', ')}` });
    }
    if (node['type'] === 'JOIN') found.push(...joinViolations(node).map((reason) => ({ offset, reason })));
    if (FOREIGN_RELATIONS.has(String(node['type'])) && !('class' in node)) {
      found.push({ offset, reason: `FROM may hold only events and declared tables, not a ${String(node['type'])}` });
    }
  }
  return found;
}

const FOREIGN_RELATIONS = new Set([
  'SUBQUERY',
  'TABLE_FUNCTION',
  'EXPRESSION_LIST',
  'PIVOT',
  'SHOW_REF',
  'COLUMN_DATA',
  'CTE',
  'BOUND_TABLE_REF',
  'DELIM_GET',
]);

function joinViolations(join: SyntaxNode): string[] {
  const found: string[] = [];
  const type = String(join['join_type']);
  if (type !== 'INNER' && type !== 'LEFT') found.push(`a ${type} join is not row-wise; use JOIN or LEFT JOIN`);
  if (join['ref_type'] !== 'REGULAR' && join['ref_type'] !== 'CROSS') {
    found.push(`a ${String(join['ref_type'])} join hides its condition; write JOIN … ON`);
  }
  if (type === 'LEFT' && tableReferencesOf(join['right']).some(({ table }) => table === 'events')) {
    found.push('events stands right of a LEFT JOIN, which gives rows that belong to no event; put events first');
  }
  return found;
}

function expressionViolation(
  node: SyntaxNode,
  columns: readonly KnownColumn[],
  traitsOf: (name: string) => FunctionTraits | undefined,
  isNumberColumn: IsNumberColumn,
): string | undefined {
  if (node['class'] === 'SUBQUERY') return `a subquery is not row-wise; join a declared table instead`;
  if (node['class'] === 'PARAMETER') return 'there are no parameters here';
  const [column, ...rest] = columnNamesOf(node) ?? [];
  if (column !== undefined && rest.length === 0 && VALUE_FUNCTIONS.has(column.toLowerCase())) {
    if (!columns.some(({ name }) => name === column))
      return `${column} is not deterministic: a rebuild would give other rows`;
  }
  if (node['class'] !== 'FUNCTION') return undefined;
  const name = String(node['function_name']).toLowerCase();
  if (name === 'age' && argumentsOf(node).length < 2) {
    return 'age() of one time counts from today: a rebuild would give other rows; write age(…, …)';
  }
  return functionViolation(name, traitsOf(name)) ?? unboundedCall(node, isNumberColumn);
}

/**
 * Uses the declared types. If there is a lambda, no column counts: the lambda's parameter may have a column's name and
 * any type.
 */
function numberColumns(columns: readonly KnownColumn[], nodes: readonly SyntaxNode[]): IsNumberColumn {
  if (nodes.some((node) => node['class'] === 'LAMBDA')) return () => false;
  const named = (name: string | undefined): KnownColumn['type'][] =>
    columns.flatMap((column) => (column.name.toLowerCase() === name?.toLowerCase() ? [column.type] : []));
  return (names) => {
    const types = named(names.at(-1));
    // In column.field the field may have any type.
    const isColumn = names.length === 1 || (names.length === 2 && named(names[0]).length === 0);
    return isColumn && types.length > 0 && types.every((type) => type === 'BIGINT' || type === 'DOUBLE');
  };
}

/** Why a transform must not call a function, whatever its arguments. */
export function functionViolation(name: string, traits: FunctionTraits | undefined): string | undefined {
  if (traits?.types.has('aggregate') === true && !traits.types.has('scalar')) {
    return `the aggregate ${name}() is not row-wise; ${ROW_WISE}`;
  }
  if (OTHER_FUNCTIONS.has(name)) return `${name}() is not row-wise and the same everywhere`;
  if ([...(traits?.stabilities ?? [])].some((stability) => stability !== 'CONSISTENT')) {
    return `${name}() is not deterministic: a rebuild would give other rows`;
  }
  return undefined;
}
