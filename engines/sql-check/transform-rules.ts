import type { EventType, OutputType } from '../../domain/column-types';
import { eventColumnsOf } from '../../domain/event-columns';
import { unnestsEvents, type Pipeline } from '../../domain/pipeline';
import { unboundedCall } from './bounded-functions';
import { inexact, isExactAggregate } from './exact-aggregates';
import type { IsNumberColumn } from './integer-bounds';
import {
  arraysOf,
  commonTablesOf,
  isQuery,
  membershipsOf,
  namesOfEvents,
  nodesInSubqueries,
  reads,
  staticPartsOf,
  type CommonTable,
} from './query-parts';
import {
  argumentsOf,
  columnNamesOf,
  isNode,
  nodesOf,
  offsetOf,
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
const UNNEST = 'unnest';
/**
 * The catalogue calls them deterministic, but they depend on the day, the session or the version, or make several rows
 * of one.
 */
const OTHER_FUNCTIONS = new Set([
  ...['current_localtime', 'current_localtimestamp', 'current_setting', 'getvariable', 'getenv', 'version'],
  ...['vector_type', 'json_serialize_plan', UNNEST, 'generate_subscripts'],
]);

export const ROW_WISE = 'SQL must work on each event by itself, because a micro-batch holds only some events';

/**
 * Why a SELECT might not give the same rows for a micro-batch as for a day, as far as its text shows it with a place.
 * Checks what it reads, how it joins, and which functions it calls. `boundPlan` shows the rest.
 */
export function rowWiseViolations(
  select: SyntaxNode,
  pipeline: Pipeline,
  traitsOf: (name: string) => FunctionTraits | undefined,
): Violation[] {
  if (select['type'] !== 'SELECT_NODE')
    return [{ offset: undefined, reason: `it is not one plain SELECT; ${ROW_WISE}` }];
  const commons = commonTablesOf(select);
  const events = namesOfEvents(commons);
  const inStatic = staticPartsOf(select, events);
  const inSubquery = nodesInSubqueries(select);
  const ofMembership = membershipsOf(select);
  const rowsAsList = new Set(arraysOf(select).flatMap(({ list }) => list));
  return [
    ...commonViolations(commons, pipeline),
    ...fromViolations(select, pipeline, commons, { events, inSubquery }),
    ...subqueryViolations(select, events, inStatic),
    ...orderViolations(select, inStatic),
    ...expressionViolations(select, declaredColumns(pipeline), traitsOf, {
      mayAggregate: (node) => inStatic.has(node),
      mayUnnest: (node) => ofMembership.has(node) || (unnestsEvents(pipeline) && !inStatic.has(node)),
      isInSubquery: (node) => inSubquery.has(node),
      mayHaveSubqueries: true,
      isReported: (node) => rowsAsList.has(node),
    }),
  ];
}

const NO_UNNEST =
  "unnest() makes several rows of one: let an event's own list give them, with events.maximumRows above 1, or give the list itself";

const LIST_FUNCTION =
  "unnest() in a subquery: write a function of the list, such as list_contains(tags, 'a'), list_max(tags) or [t FOR t IN tags IF t <> 'a']";

/** A column that an expression may name. */
export interface KnownColumn {
  readonly name: string;
  readonly type: EventType | OutputType;
}

export interface ExpressionRules {
  /** Whether a node stands where an exact aggregate is allowed. Default: nowhere. */
  readonly mayAggregate?: (node: SyntaxNode) => boolean;
  /** Whether a node stands where a list of the event may give several rows. Default: nowhere. */
  readonly mayUnnest?: (node: SyntaxNode) => boolean;
  /** Whether a node stands in the SELECT of an expression. Default: nowhere. */
  readonly isInSubquery?: (node: SyntaxNode) => boolean;
  /** Default false. */
  readonly mayHaveSubqueries?: boolean;
  /** Whether another violation already says what is wrong with a node. Default: nowhere. */
  readonly isReported?: (node: SyntaxNode) => boolean;
}

/** Why expressions might not have the same value for the same event at all times and everywhere. */
export function expressionViolations(
  expressions: unknown,
  columns: readonly KnownColumn[],
  traitsOf: (name: string) => FunctionTraits | undefined,
  {
    mayAggregate = () => false,
    mayUnnest = () => false,
    isInSubquery = () => false,
    mayHaveSubqueries = false,
    isReported = () => false,
  }: ExpressionRules = {},
): Violation[] {
  const nodes = [...nodesOf(expressions)];
  const isNumberColumn = numberColumns(columns, nodes);
  return nodes.flatMap((node) => {
    if (node['class'] === 'SUBQUERY' && !mayHaveSubqueries) {
      return [{ offset: offsetOf(node), reason: 'a subquery is not row-wise; join a declared table instead' }];
    }
    if (isReported(node)) return [];
    const may = { mayAggregate: mayAggregate(node), mayUnnest: mayUnnest(node), isInSubquery: isInSubquery(node) };
    const reason = expressionViolation(node, columns, traitsOf, { isNumberColumn, ...may });
    return reason === undefined ? [] : [{ offset: offsetOf(node), reason }];
  });
}

function declaredColumns({ events, tables }: Pipeline): KnownColumn[] {
  return [
    ...eventColumnsOf(events),
    ...Object.values(tables).flatMap(({ columns }) => Object.entries(columns).map(([name, type]) => ({ name, type }))),
  ];
}

/** The name of a WITH must mean one thing everywhere. */
function commonViolations(commons: readonly CommonTable[], pipeline: Pipeline): Violation[] {
  const taken = new Set(['events', ...tableNames(pipeline)]);
  return commons.flatMap(({ name, query }) => {
    const reason = taken.has(name)
      ? `WITH gives the name ${name} another meaning: give it another name`
      : query['type'] === 'RECURSIVE_CTE_NODE'
        ? 'WITH RECURSIVE has no bound: write what it gives into a table'
        : undefined;
    taken.add(name);
    return reason === undefined ? [] : [{ offset: undefined, reason }];
  });
}

function tableNames({ tables }: Pipeline): string[] {
  return Object.keys(tables).map((name) => name.toLowerCase());
}

function fromViolations(
  select: SyntaxNode,
  pipeline: Pipeline,
  commons: readonly CommonTable[],
  { events, inSubquery }: { readonly events: ReadonlySet<string>; readonly inSubquery: ReadonlySet<SyntaxNode> },
): Violation[] {
  const allowed = ['events', ...tableNames(pipeline), ...commons.map(({ name }) => name)];
  const found: Violation[] = [];
  const references = tableReferencesOf(select);
  for (const name of events) {
    if (references.filter(({ table }) => table === name).length === 1) continue;
    const also = name === 'events' ? '' : `, and so ${name}, which reads events`;
    found.push({ offset: undefined, reason: `FROM must name events exactly once${also}` });
  }
  for (const node of nodesOf(select)) {
    const offset = offsetOf(node);
    const reference = tableReferenceOf(node);
    if (reference !== undefined && !allowed.includes(reference.table)) {
      found.push({ offset, reason: `the table ${reference.table} is not declared: use ${allowed.join(', ')}` });
    } else if (reference?.qualified === true) {
      const reason = `${reference.table} has a schema before its name, where it is another table: write ${reference.table} alone`;
      found.push({ offset, reason });
    }
    if (node['type'] === 'JOIN') found.push(...joinViolations(node, events).map((reason) => ({ offset, reason })));
    if (isUnnestInFrom(node)) {
      // Else the function itself says why it is not allowed.
      if (!unnestsEvents(pipeline) || inSubquery.has(node)) continue;
      const reason =
        'unnest() in FROM may give the elements in another order: write FROM (SELECT *, unnest(…) AS … FROM events)';
      found.push({ offset, reason });
    } else if (FOREIGN_RELATIONS.has(String(node['type'])) && !('class' in node)) {
      const instead =
        node['type'] === 'EXPRESSION_LIST' ? ' of VALUES: write IN (1, 2), or put the rows into a table' : '';
      const what = `not a ${String(node['type'])}${instead}`;
      found.push({ offset, reason: `FROM may hold only events and declared tables, ${what}` });
    }
  }
  return found;
}

function isUnnestInFrom({ type, function: called }: SyntaxNode): boolean {
  return type === 'TABLE_FUNCTION' && isNode(called) && called['function_name'] === UNNEST;
}

const FOREIGN_RELATIONS = new Set([
  'TABLE_FUNCTION',
  'EXPRESSION_LIST',
  'PIVOT',
  'SHOW_REF',
  'COLUMN_DATA',
  'CTE',
  'BOUND_TABLE_REF',
  'DELIM_GET',
]);

/** What a subquery and a WITH may be, beside what holds for the whole SQL. */
function subqueryViolations(
  select: SyntaxNode,
  events: ReadonlySet<string>,
  inStatic: ReadonlySet<SyntaxNode>,
): Violation[] {
  return [...nodesOf(select)].flatMap((node) => {
    if (node['class'] === 'SUBQUERY' && reads(node['subquery'], events)) {
      const reason = `a subquery that reads events is not row-wise; ${ROW_WISE}; let it read only tables`;
      return [{ offset: offsetOf(node), reason }];
    }
    if (node === select || !isQuery(node)) return [];
    if (!inStatic.has(node)) {
      if (node['type'] === 'SELECT_NODE') return [];
      return [{ offset: undefined, reason: `a UNION, INTERSECT or EXCEPT of events is not row-wise; ${ROW_WISE}` }];
    }
    const modifiers = Array.isArray(node['modifiers']) ? node['modifiers'].filter(isNode) : [];
    return modifiers.flatMap(({ type, distinct_on_targets: targets }) => {
      if (type === 'DISTINCT_MODIFIER' && !(Array.isArray(targets) && targets.length > 0)) return [];
      const what = type === 'DISTINCT_MODIFIER' ? 'DISTINCT ON' : 'ORDER BY and LIMIT';
      const reason = `${what} in a subquery may take other rows elsewhere, where rows are equal by it: write max() or min()`;
      return [{ offset: undefined, reason }];
    });
  });
}

/** What takes other rows, or gives them in another order, each time. */
function orderViolations(select: SyntaxNode, inStatic: ReadonlySet<SyntaxNode>): Violation[] {
  const arrays = arraysOf(select).map(({ at }) => ({ offset: offsetOf(at), reason: ARRAY_OF_ROWS }));
  const others = [...nodesOf(select)].flatMap((node): Violation[] => {
    const offset = offsetOf(node);
    if (isNode(node['sample'])) return [{ offset, reason: SAMPLE }];
    if (node['class'] !== 'WINDOW') return [];
    return [{ offset, reason: inStatic.has(node) ? WINDOW_OF_TABLE : WINDOW_OF_EVENTS }];
  });
  return [...arrays, ...others];
}

const SAMPLE = 'a sample takes other rows each time: write a condition, such as WHERE id % 10 = 0';
const WINDOW_OF_EVENTS = `a window function over events is not row-wise; ${ROW_WISE}; use a query of Druid`;
const WINDOW_OF_TABLE =
  'a window function over a table may number equal rows in another order: write a subquery with max(), min() or count(), or keep its result in a column of the table';
const ARRAY_OF_ROWS =
  "ARRAY(SELECT …) has its rows in no fixed order: write max() or min() of a column, or keep the list as text in a column of the table, and write string_split(…, ','); of a list of the event write [t FOR t IN tags]";

/** By the name that DuckDB gives the join, why it is not allowed and what to write. */
const OTHER_JOINS: Readonly<Record<string, string>> = {
  SEMI: 'a SEMI join is another way to write a condition; write WHERE EXISTS (SELECT 1 FROM … WHERE …)',
  ANTI: 'an ANTI join is another way to write a condition; write WHERE NOT EXISTS (SELECT 1 FROM … WHERE …)',
  ASOF: 'an ASOF join may find several rows that are equally near; write JOIN … ON key = (SELECT max(key) FROM … WHERE …)',
  POSITIONAL: 'a POSITIONAL join depends on the order of rows; write JOIN … ON',
};

function joinViolations(join: SyntaxNode, events: ReadonlySet<string>): string[] {
  const found: string[] = [];
  const type = String(join['join_type']);
  const form = String(join['ref_type']);
  if (type !== 'INNER' && type !== 'LEFT') {
    found.push(OTHER_JOINS[type] ?? `a ${type} join is not row-wise; use JOIN or LEFT JOIN`);
  }
  if (form !== 'REGULAR' && form !== 'CROSS') {
    found.push(OTHER_JOINS[form] ?? `a ${form} join hides its condition; write JOIN … ON`);
  }
  if (type === 'LEFT' && reads(join['right'], events)) {
    found.push('events stands right of a LEFT JOIN, which gives rows that belong to no event; put events first');
  }
  return found;
}

interface ExpressionPlace {
  readonly isNumberColumn: IsNumberColumn;
  readonly mayAggregate: boolean;
  readonly mayUnnest: boolean;
  readonly isInSubquery: boolean;
}

function expressionViolation(
  node: SyntaxNode,
  columns: readonly KnownColumn[],
  traitsOf: (name: string) => FunctionTraits | undefined,
  { isNumberColumn, mayAggregate, mayUnnest, isInSubquery }: ExpressionPlace,
): string | undefined {
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
  if (mayAggregate && isAggregate(traitsOf(name))) {
    return isExactAggregate(name) ? undefined : inexact(`${name}()`);
  }
  if (name === UNNEST) {
    if (mayUnnest && argumentsOf(node).length === 1) return undefined;
    if (!mayUnnest && isInSubquery) return LIST_FUNCTION;
    return mayUnnest ? 'unnest() of more than a list has no bound: write unnest(…) of one list' : NO_UNNEST;
  }
  return functionViolation(name, traitsOf(name)) ?? unboundedCall(node, isNumberColumn);
}

/**
 * Uses the declared types. If there is a lambda or a query in the query, no column counts: a parameter of the lambda,
 * or a column of the query, may have a column's name and any type.
 */
function numberColumns(columns: readonly KnownColumn[], nodes: readonly SyntaxNode[]): IsNumberColumn {
  if (nodes.some((node, index) => node['class'] === 'LAMBDA' || (index > 0 && isQuery(node)))) return () => false;
  const named = (name: string | undefined): KnownColumn['type'][] =>
    columns.flatMap((column) => (column.name.toLowerCase() === name?.toLowerCase() ? [column.type] : []));
  return (names) => {
    const types = named(names.at(-1));
    // In column.field the field may have any type.
    const isColumn = names.length === 1 || (names.length === 2 && named(names[0]).length === 0);
    return isColumn && types.length > 0 && types.every((type) => type === 'BIGINT' || type === 'DOUBLE');
  };
}

function isAggregate(traits: FunctionTraits | undefined): boolean {
  return traits?.types.has('aggregate') === true && !traits.types.has('scalar');
}

/** Why a transform must not call a function, whatever its arguments. */
export function functionViolation(name: string, traits: FunctionTraits | undefined): string | undefined {
  if (isAggregate(traits)) {
    return `the aggregate ${name}() is not row-wise; ${ROW_WISE}`;
  }
  if (OTHER_FUNCTIONS.has(name)) return `${name}() is not row-wise and the same everywhere`;
  if ([...(traits?.stabilities ?? [])].some((stability) => stability !== 'CONSISTENT')) {
    return `${name}() is not deterministic: a rebuild would give other rows`;
  }
  return undefined;
}
