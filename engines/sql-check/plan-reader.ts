import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import { STAGED } from '../duckdb/database';
import { queryTexts } from '../duckdb/query';
import { declaredName, literal } from '../duckdb/sql';
import {
  boundColumnOf,
  dependenciesOf,
  referencesIn,
  type BoundColumns,
  type BoundEquality,
  type BoundPlan,
  type BoundReference,
  type BoundValue,
} from './bound-plan';
import { inexact, isExactAggregate } from './exact-aggregates';
import { ROW_WISE } from './transform-rules';
import { isNode, nodesOf, type SyntaxNode } from './transform-syntax';

/** A WITH that is named twice is read twice, and the next one that names this one twice, four times. */
const MOST_COMMONS = 1000;
const OUTSIDE_OF_WITH = 'a WITH in a subquery that names columns from outside of it';

const planSchema = z.union([
  z.object({ error: z.literal(false), plans: z.tuple([z.record(z.string(), z.unknown())]) }),
  z.object({ error: z.literal(true), error_message: z.string() }),
]);
const nodes = z.array(z.record(z.string(), z.unknown()));
const getSchema = z.object({
  name: z.literal('seq_scan'),
  function_data: z.object({ schema: z.string(), table: z.string() }),
  names: z.array(z.string()),
  column_indexes: z.array(z.object({ index: z.number() })),
});
const expressionsSchema = z.object({ expressions: nodes });
const joinSchema = z.object({
  join_type: z.string().default('INNER'),
  conditions: nodes.default([]),
  duplicate_eliminated_columns: nodes.default([]),
});
const aggregateSchema = z.object({
  groups: nodes,
  grouping_sets: z.array(z.unknown()),
  grouping_functions: z.array(z.unknown()),
  expressions: nodes,
});
const aggregateCallSchema = z.object({
  name: z.string(),
  arguments: z.array(z.object({ id: z.string() })),
  filter: z.unknown(),
});
/** How DuckDB finds whether a subquery has a row. */
const existenceSchema = z.object({ type: z.literal('LOGICAL_LIMIT'), children: nodes.length(1) });
const distinctSchema = z.object({ distinct_type: z.literal('DISTINCT') });
const widthSchema = z.object({ chunk_types: z.array(z.unknown()) });

/** DuckDB binds the SQL, but cannot plan it. The message is DuckDB's own. */
export class UnplannableSql extends Error {}

/**
 * DuckDB's plan of a transform that it can bind, before it optimises. Every name is resolved, and every cast that
 * DuckDB adds is there. Throws UnplannableSql.
 */
export async function boundPlan(connection: DuckDBConnection, sql: string): Promise<BoundPlan> {
  const [row] = await queryTexts(connection, `SELECT json_serialize_plan(${literal(sql)}::VARCHAR, optimize := false)`);
  const found = planSchema.parse(JSON.parse(row?.[0] ?? ''));
  if (found.error) throw new UnplannableSql(found.error_message);
  const { plans } = found;
  const functions = [...nodesOf(plans)].flatMap(({ expression_class: kind, name }) =>
    kind === 'BOUND_FUNCTION' ? [String(name)] : [],
  );
  return { ...new PlanReader().readPlan(plans[0]), functions: new Set(functions) };
}

interface Relation {
  readonly columns: BoundColumns;
  /** The references whose rows make its rows. */
  readonly tables: readonly number[];
  /** Whether a row belongs to an event. */
  readonly ofEvents: boolean;
}

interface Inside {
  readonly input: Relation;
  /** The first of its own references. */
  readonly first: number;
  /** What it depends on beside them. */
  readonly dependsOn: ReadonlySet<number | undefined>;
}

const NOTHING: Relation = { columns: [], tables: [], ofEvents: false };

/**
 * Reads a plan from its leaves to its root. It follows each column, and keeps apart what reads events and what reads
 * only static tables: a table may be grouped, events may not. An operator that it does not know is not row-wise.
 */
class PlanReader {
  readonly #equalities: BoundEquality[] = [];
  readonly #references: BoundReference[] = [];
  readonly #values: BoundValue[] = [];
  readonly #commons = new Map<unknown, SyntaxNode>();
  /** What the subqueries around a node get of the rows outside of them, the innermost last. */
  #outer: BoundColumns[] = [];
  /** What the subqueries that were read so far depend on. */
  readonly #dependencies: (number | undefined)[] = [];
  #commonsRead = 0;
  #unnests = false;
  /** Whether it reads what a value is only searched in: how often the value is there makes no difference. */
  #isMembership = false;
  #notRowWise: string | undefined;

  readPlan(root: SyntaxNode): Omit<BoundPlan, 'functions'> {
    const { columns, tables, ofEvents } = this.#read(root);
    if (!ofEvents) this.#refuse('a result whose rows do not come from events');
    return {
      output: columns,
      equalities: this.#equalities,
      references: this.#references,
      joined: tables,
      values: this.#values,
      notRowWise: this.#notRowWise,
    };
  }

  #read(node: SyntaxNode): Relation {
    const inputs = Array.isArray(node['children']) ? node['children'].filter(isNode) : [];
    const [left = {}, right = {}] = inputs;
    switch (node['type']) {
      case 'LOGICAL_GET':
        return this.#get(node, inputs);
      case 'LOGICAL_DUMMY_SCAN':
        return NOTHING;
      case 'LOGICAL_PROJECTION': {
        const input = this.#read(left);
        const { expressions } = expressionsSchema.parse(node);
        return { ...input, columns: columnsIn(expressions, input.columns) };
      }
      case 'LOGICAL_FILTER': {
        const input = this.#read(left);
        this.#require(node['expressions'], input.columns, input.tables);
        return input;
      }
      case 'LOGICAL_COMPARISON_JOIN':
      case 'LOGICAL_ANY_JOIN':
      case 'LOGICAL_CROSS_PRODUCT':
      case 'LOGICAL_DELIM_JOIN':
        return this.#join(node, left, right);
      case 'LOGICAL_DELIM_GET':
        return this.#fromOutside(node);
      case 'LOGICAL_MATERIALIZED_CTE':
        this.#commons.set(node['table_index'], left);
        return this.#read(right);
      case 'LOGICAL_CTE_REF':
        return this.#common(node);
      case 'LOGICAL_AGGREGATE_AND_GROUP_BY':
        return this.#aggregate(node, left);
      case 'LOGICAL_DISTINCT':
        return distinctSchema.safeParse(node).success ? this.#distinct(left) : this.#unknown('DISTINCT');
      case 'LOGICAL_UNNEST': {
        const input = this.#read(left);
        const { expressions } = expressionsSchema.parse(node);
        if (this.#isMembership && !input.ofEvents)
          return { ...input, columns: columnsBehind(expressions, input.columns) };
        if (!input.ofEvents) return this.#unknown("unnest of what is not in events' own SELECT");
        // Of the elements of one event there would be as many as the product of its lists.
        if (this.#unnests) this.#notRowWise ??= 'an unnest of what another unnest gives has no bound: write one unnest';
        this.#unnests = true;
        return { ...input, columns: columnsBehind(expressions, input.columns) };
      }
      case 'LOGICAL_UNION':
      case 'LOGICAL_EXCEPT':
      case 'LOGICAL_INTERSECT':
        return this.#setOperation(node, inputs);
      default:
        return this.#unknown(operatorOf(node));
    }
  }

  #get(node: SyntaxNode, inputs: readonly SyntaxNode[]): Relation {
    const get = getSchema.safeParse(node).data;
    if (get === undefined || inputs.length > 0) return this.#unknown(`a ${String(node['name'])} in FROM`);
    const { schema, table } = get.function_data;
    const ofEvents = `${schema}.${table}` === STAGED;
    if (!ofEvents && schema !== 'main') return this.#unknown(`the table ${schema}.${table}`);
    const reference = this.#refer({ table: ofEvents ? 'events' : table.toLowerCase() });
    const names = ofEvents ? get.names.map(declaredName) : get.names;
    const columns = get.column_indexes.map(({ index }) => columnAt(reference, names[index]));
    return { columns, tables: [reference], ofEvents };
  }

  #fromOutside(node: SyntaxNode): Relation {
    const columns = this.#outer.at(-1);
    if (columns === undefined || !hasWidth(node, columns)) return this.#unknown(OUTSIDE_OF_WITH);
    this.#dependencies.push(...columns.flatMap(dependenciesOf));
    return { ...NOTHING, columns };
  }

  /** Another occurrence of a WITH has rows of its own, as if it were written out. */
  #common(node: SyntaxNode): Relation {
    const definition = this.#commons.get(node['cte_index']);
    if (definition === undefined) return this.#unknown('a recursive WITH');
    this.#commonsRead += 1;
    if (this.#commonsRead > MOST_COMMONS)
      return this.#unknown(`SQL that names its WITHs more than ${MOST_COMMONS} times`);
    // It may have names of the rows outside of it, which are others at each place.
    const outer = this.#outer;
    this.#outer = [];
    const relation = this.#read(definition);
    this.#outer = outer;
    return hasWidth(node, relation.columns) ? relation : this.#unknown(OUTSIDE_OF_WITH);
  }

  /** The condition of a LEFT JOIN filters only the rows of its right side. All rows of the left side stay. */
  #join(node: SyntaxNode, leftNode: SyntaxNode, rightNode: SyntaxNode): Relation {
    const { join_type: type, conditions, duplicate_eliminated_columns: passed } = joinSchema.parse(node);
    const left = this.#read(leftNode);
    const isDependent = node['type'] === 'LOGICAL_DELIM_JOIN';
    if (isDependent) this.#outer.push(columnsIn(passed, left.columns));
    const isMembership = this.#isMembership;
    this.#isMembership = type === 'MARK';
    const { input: right, first, dependsOn } = this.#inside(rightNode);
    this.#isMembership = isMembership;
    if (isDependent) this.#outer.pop();
    if (left.ofEvents && right.ofEvents) this.#refuse('a join of events with events');
    if (right.ofEvents && type !== 'INNER') {
      this.#refuse(type === 'LEFT' ? 'a LEFT JOIN with events on its right' : 'a subquery over events');
    }
    const columns = [...left.columns, ...right.columns];
    const tables = [...left.tables, ...right.tables];
    const chosen = type === 'INNER' ? tables : right.tables;
    for (const { left: one, right: other, comparison } of conditions) {
      if (comparison !== 'COMPARE_EQUAL' || !isNode(one) || !isNode(other)) continue;
      this.#equalities.push({
        left: { expression: one, columns: left.columns },
        right: { expression: other, columns: right.columns },
        tables: new Set(chosen),
      });
    }
    this.#require([node['condition'], node['predicate']], columns, chosen);
    const ofEvents = left.ofEvents || right.ofEvents;
    switch (type) {
      case 'INNER':
      case 'LEFT':
        return { columns, tables, ofEvents };
      case 'SINGLE':
        this.#values.push({ joined: right.tables, first, end: this.#references.length });
        return { columns, tables: left.tables, ofEvents };
      case 'MARK':
        // Behind the columns of the left side it has whether there is such a row on the right.
        return { ...left, columns: [...left.columns, { dependsOn: new Set([...left.tables, ...dependsOn]) }] };
      case 'SEMI':
      case 'ANTI':
        return left;
      default:
        return this.#unknown(`a ${type} join`);
    }
  }

  #aggregate(node: SyntaxNode, inputNode: SyntaxNode): Relation {
    const { groups, grouping_sets: sets, grouping_functions: flags, expressions } = aggregateSchema.parse(node);
    const calls = expressions.map((expression) => aggregateCallSchema.parse(expression));
    // The number of rows is the same, whichever rows the LIMIT takes.
    const countsRows =
      groups.length === 0 && calls.every(({ name, filter }) => name === 'count_star' && filter === null);
    const [limited] = (countsRows && existenceSchema.safeParse(inputNode).data?.children) || [];
    const { input, first, dependsOn } = this.#inside(limited ?? inputNode);
    if (input.ofEvents) return this.#unknown(operatorOf(node));
    // DuckDB's own way to take the value of a subquery, or to fail if there are several.
    const isValue = groups.length === 0 && calls[0]?.name === 'first';
    if (isValue) this.#values.push({ joined: input.tables, first, end: this.#references.length });
    for (const { name, arguments: given } of isValue ? [] : calls) {
      const types = given.map(({ id }) => id);
      if (!isExactAggregate(name, types)) this.#notRowWise ??= inexact(`${name}(${types.join(', ')})`);
    }
    const by = columnsIn(groups, input.columns);
    const computed = [...expressions, ...flags].length;
    return this.#grouped(by, computed, { first, dependsOn, isUnique: sets.length <= 1 });
  }

  #distinct(inputNode: SyntaxNode): Relation {
    const { input, first, dependsOn } = this.#inside(inputNode);
    if (input.ofEvents) return this.#unknown('DISTINCT');
    return this.#grouped(input.columns, 0, { first, dependsOn, isUnique: true });
  }

  /**
   * A computed table with one row for the values of `by`, and behind them `more` columns. What `by` has from outside is
   * the same in all rows of one event.
   */
  #grouped(
    by: BoundColumns,
    more: number,
    { first, dependsOn, isUnique }: Omit<Inside, 'input'> & { readonly isUnique: boolean },
  ): Relation {
    const isOuter = by.map((column) => dependenciesOf(column).every((one) => one !== undefined && one < first));
    const uniqueBy = by.flatMap((_, index) => (isOuter[index] === true ? [] : [nameAt(index)]));
    const reference = this.#refer({ uniqueBy: isUnique ? uniqueBy : undefined, dependsOn });
    const columns = Array.from({ length: by.length + more }, (_, index) => {
      const column = by[index];
      return column !== undefined && isOuter[index] === true ? column : { reference, name: nameAt(index) };
    });
    return { columns, tables: [reference], ofEvents: false };
  }

  #setOperation(node: SyntaxNode, inputNodes: readonly SyntaxNode[]): Relation {
    const [one, ...rest] = inputNodes;
    if (one === undefined) return this.#unknown(operatorOf(node));
    const parts = [this.#inside(one), ...rest.map((each) => this.#inside(each))] as const;
    if (parts.some(({ input }) => input.ofEvents)) return this.#unknown(operatorOf(node));
    const dependsOn = new Set(parts.flatMap((part) => [...part.dependsOn]));
    const reference = this.#refer({ uniqueBy: undefined, dependsOn });
    const [{ input: firstInput, first }, ...others] = parts;
    // What all parts have from outside is the same in all rows of one event.
    const columns = firstInput.columns.map((column, index) => {
      const isOuter =
        dependenciesOf(column).every((one) => one !== undefined && one < first) &&
        others.every(({ input }) => isSameColumn(input.columns[index], column));
      return isOuter ? column : { reference, name: nameAt(index) };
    });
    return { columns, tables: [reference], ofEvents: false };
  }

  /** Reads a node, and what it depends on. */
  #inside(node: SyntaxNode): Inside {
    const [first, before] = [this.#references.length, this.#dependencies.length];
    const input = this.#read(node);
    const found = this.#dependencies.slice(before).filter((one) => one === undefined || one < first);
    return { input, first, dependsOn: new Set(found) };
  }

  #require(conditions: unknown, columns: BoundColumns, tables: readonly number[]): void {
    for (const condition of Array.isArray(conditions) ? conditions.filter(isNode) : []) {
      const { type, left, right } = condition;
      if (type === 'CONJUNCTION_AND') this.#require(condition['children'], columns, tables);
      if (type !== 'COMPARE_EQUAL' || !isNode(left) || !isNode(right)) continue;
      this.#equalities.push({
        left: { expression: left, columns },
        right: { expression: right, columns },
        tables: new Set(tables),
      });
    }
  }

  #refer(reference: BoundReference): number {
    return this.#references.push(reference) - 1;
  }

  #unknown(what: string): Relation {
    this.#refuse(what);
    return NOTHING;
  }

  #refuse(what: string): void {
    this.#notRowWise ??= `${what} is not row-wise; ${ROW_WISE}`;
  }
}

function operatorOf({ type }: SyntaxNode): string {
  return String(type)
    .replace(/^LOGICAL_/, '')
    .replaceAll('_', ' ');
}

function hasWidth(node: SyntaxNode, columns: BoundColumns): boolean {
  return widthSchema.safeParse(node).data?.chunk_types.length === columns.length;
}

function columnsIn(expressions: readonly SyntaxNode[], columns: BoundColumns): BoundColumns {
  return expressions.map(
    (expression) => boundColumnOf({ expression, columns }) ?? { dependsOn: referencesIn({ expression, columns }) },
  );
}

/** Behind the columns of the input. */
function columnsBehind(expressions: readonly SyntaxNode[], columns: BoundColumns): BoundColumns {
  return [...columns, ...columnsIn(expressions, columns)];
}

function isSameColumn(one: BoundColumns[number] | undefined, other: BoundColumns[number]): boolean {
  if (one === undefined || !('reference' in one) || !('reference' in other)) return one === other;
  return one.reference === other.reference && one.name === other.name;
}

function columnAt(reference: number, name: string | undefined): BoundColumns[number] {
  return name === undefined ? { dependsOn: new Set([reference]) } : { reference, name };
}

/** Of a column of a computed table. */
function nameAt(index: number): string {
  return `#${index}`;
}
