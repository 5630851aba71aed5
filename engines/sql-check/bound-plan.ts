import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import { queryTexts } from '../duckdb/query';
import { literal } from '../duckdb/sql';
import { isNode, nodesOf, type SyntaxNode } from './transform-syntax';

/** A column of events or of a static table, as DuckDB resolved its name. */
export interface BoundColumn {
  /** Position in FROM, from 0. A table that is named twice has two positions. */
  readonly reference: number;
  readonly name: string;
}

/** The columns that an expression or a relation gives, by index; undefined for a computed value. */
export type BoundColumns = readonly (BoundColumn | undefined)[];

/** `left = right`: true for every row of the result that holds a row of `tables`. */
export interface BoundEquality {
  readonly left: BoundSide;
  readonly right: BoundSide;
  /** The references, by position, whose rows it filters. */
  readonly tables: ReadonlySet<number>;
}

export interface BoundSide {
  readonly expression: SyntaxNode;
  /** The columns that its `BOUND_REF`s refer to. */
  readonly columns: BoundColumns;
}

export interface BoundPlan {
  /** The columns of the result. */
  readonly output: BoundColumns;
  readonly equalities: readonly BoundEquality[];
  /** How many tables it reads. FROM must name as many. */
  readonly references: number;
}

const planSchema = z.object({ plans: z.tuple([z.record(z.string(), z.unknown())]) });
const getSchema = z.object({ names: z.array(z.string()), column_indexes: z.array(z.object({ index: z.number() })) });
const projectionSchema = z.object({ expressions: z.array(z.record(z.string(), z.unknown())) });
const joinSchema = z.object({
  join_type: z.string().default('INNER'),
  conditions: z.array(z.record(z.string(), z.unknown())).default([]),
});
const referenceSchema = z.object({ expression_class: z.literal('BOUND_REF'), index: z.number() });

/**
 * DuckDB's plan of a transform that it can bind, before it optimises. Every name is resolved, and every cast that
 * DuckDB adds is there.
 */
export async function boundPlan(connection: DuckDBConnection, sql: string): Promise<BoundPlan> {
  const [row] = await queryTexts(connection, `SELECT json_serialize_plan(${literal(sql)}::VARCHAR, optimize := false)`);
  const { plans } = planSchema.parse(JSON.parse(row?.[0] ?? ''));
  const reader = new PlanReader();
  const { columns } = reader.read(plans[0]);
  return { output: columns, equalities: reader.equalities, references: reader.references };
}

/** The column, if an expression is an unchanged column; else undefined. */
export function boundColumnOf({ expression, columns }: BoundSide): BoundColumn | undefined {
  const index = referenceSchema.safeParse(expression).data?.index;
  return index === undefined ? undefined : columns[index];
}

/**
 * The references, by position, that an expression depends on. The set contains undefined if a dependency is unknown.
 */
export function referencesIn({ expression, columns }: BoundSide): Set<number | undefined> {
  const indexes = [...nodesOf(expression)].flatMap((node) => referenceSchema.safeParse(node).data?.index ?? []);
  return new Set(indexes.map((index) => columns[index]?.reference));
}

interface Relation {
  readonly columns: BoundColumns;
  /** The references in its subtree. */
  readonly tables: readonly number[];
}

class PlanReader {
  readonly equalities: BoundEquality[] = [];
  references = 0;

  read(node: SyntaxNode): Relation {
    const inputs = Array.isArray(node['children'])
      ? node['children'].filter(isNode).map((each) => this.read(each))
      : [];
    const [left = NOTHING, right = NOTHING] = inputs;
    switch (node['type']) {
      case 'LOGICAL_GET': {
        const { names, column_indexes: indexes } = getSchema.parse(node);
        const reference = this.references++;
        const columns = indexes.map(({ index }) => columnAt(reference, names[index]));
        return { columns, tables: [reference] };
      }
      case 'LOGICAL_PROJECTION': {
        const { expressions } = projectionSchema.parse(node);
        const columns = expressions.map((expression) => boundColumnOf({ expression, columns: left.columns }));
        return { columns, tables: left.tables };
      }
      case 'LOGICAL_FILTER':
        this.#require(node['expressions'], left.columns, left.tables);
        return left;
      case 'LOGICAL_COMPARISON_JOIN':
      case 'LOGICAL_ANY_JOIN':
      case 'LOGICAL_CROSS_PRODUCT':
        return this.#join(node, left, right);
      default:
        return { columns: [], tables: inputs.flatMap(({ tables }) => tables) };
    }
  }

  /** The condition of a LEFT JOIN filters only the rows of its right side. All rows of the left side stay. */
  #join(node: SyntaxNode, left: Relation, right: Relation): Relation {
    const { join_type: type, conditions } = joinSchema.parse(node);
    const columns = [...left.columns, ...right.columns];
    const tables = [...left.tables, ...right.tables];
    const chosen = type === 'INNER' ? tables : right.tables;
    for (const { left: one, right: other, comparison } of conditions) {
      if (comparison !== 'COMPARE_EQUAL' || !isNode(one) || !isNode(other)) continue;
      this.equalities.push({
        left: { expression: one, columns: left.columns },
        right: { expression: other, columns: right.columns },
        tables: new Set(chosen),
      });
    }
    this.#require([node['condition'], node['predicate']], columns, chosen);
    return { columns, tables };
  }

  #require(conditions: unknown, columns: BoundColumns, tables: readonly number[]): void {
    for (const condition of Array.isArray(conditions) ? conditions.filter(isNode) : []) {
      const { type, left, right } = condition;
      if (type === 'CONJUNCTION_AND') this.#require(condition['children'], columns, tables);
      if (type !== 'COMPARE_EQUAL' || !isNode(left) || !isNode(right)) continue;
      this.equalities.push({
        left: { expression: left, columns },
        right: { expression: right, columns },
        tables: new Set(tables),
      });
    }
  }
}

const NOTHING: Relation = { columns: [], tables: [] };

function columnAt(reference: number, name: string | undefined): BoundColumn | undefined {
  return name === undefined ? undefined : { reference, name };
}
