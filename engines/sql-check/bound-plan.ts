import * as z from 'zod';
import { nodesOf, type SyntaxNode } from './transform-syntax';

/** A column of events, of a static table or of a computed table, as DuckDB resolved its name. */
export interface BoundColumn {
  /** Position in `BoundPlan.references`. A table that is named twice has two positions. */
  readonly reference: number;
  readonly name: string;
}

/** A computed value. */
export interface ComputedColumn {
  /** The references, by position, whose columns it is computed of. Contains undefined if that is not known. */
  readonly dependsOn: ReadonlySet<number | undefined>;
}

/** The columns that an expression or a relation gives, by index. */
export type BoundColumns = readonly (BoundColumn | ComputedColumn)[];

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

/** What the SQL reads at one place: events, a static table, or what it computes of static tables, as by GROUP BY. */
export type BoundReference = { readonly table: string } | ComputedTable;

export interface ComputedTable extends ComputedColumn {
  /** The columns that are unique in it; undefined if none are known to be. */
  readonly uniqueBy: readonly string[] | undefined;
}

/** A subquery that must have at most one row. */
export interface BoundValue {
  /** The references whose rows make its rows. */
  readonly joined: readonly number[];
  /** All references in it: from the first up to, but not including, the end. */
  readonly first: number;
  readonly end: number;
}

export interface BoundPlan {
  /** The columns of the result. */
  readonly output: BoundColumns;
  readonly equalities: readonly BoundEquality[];
  readonly references: readonly BoundReference[];
  /** The references, by position, whose rows make the rows of the result. */
  readonly joined: readonly number[];
  readonly values: readonly BoundValue[];
  /** Why it does not handle events one by one; undefined if it does. */
  readonly notRowWise: string | undefined;
  /** The functions that it calls. */
  readonly functions: ReadonlySet<string>;
}

const referenceSchema = z.object({ expression_class: z.literal('BOUND_REF'), index: z.number() });

/** The column, if an expression is an unchanged column; else undefined. */
export function boundColumnOf({ expression, columns }: BoundSide): BoundColumn | undefined {
  const index = referenceSchema.safeParse(expression).data?.index;
  const column = index === undefined ? undefined : columns[index];
  return column !== undefined && 'reference' in column ? column : undefined;
}

/**
 * The references, by position, that an expression depends on. The set contains undefined if a dependency is unknown.
 */
export function referencesIn({ expression, columns }: BoundSide): Set<number | undefined> {
  const indexes = [...nodesOf(expression)].flatMap((node) => referenceSchema.safeParse(node).data?.index ?? []);
  return new Set(indexes.flatMap((index) => dependenciesOf(columns[index])));
}

/** What the value of a column depends on; `undefined` for a dependency that is unknown. */
export function dependenciesOf(column: BoundColumn | ComputedColumn | undefined): readonly (number | undefined)[] {
  if (column === undefined) return [undefined];
  return 'reference' in column ? [column.reference] : [...column.dependsOn];
}
