import type { DuckDBConnection } from '@duckdb/node-api';
import type { Pipeline } from '../../domain/pipeline';
import type { BoundPlan } from './bound-plan';
import { multiplyingTables, type KeyComparison, type MultiplyingTable } from './join-keys';
import { expressionText } from './expression-text';
import type { Violation } from './transform-rules';
import { columnNamesOf, isNode, nodesOf, offsetOf, tableReferencesOf, type SyntaxNode } from './transform-syntax';

/** The tables of a bound transform of which several rows can belong to one event, with a suggestion if one is known. */
export async function joinViolations(
  connection: DuckDBConnection,
  select: SyntaxNode,
  plan: BoundPlan,
  pipeline: Pipeline,
): Promise<Violation[]> {
  const found: Violation[] = [];
  const aliases = aliasesOf(select, plan);
  for (const { reference, gives, merging } of multiplyingTables(plan, pipeline)) {
    const alias = aliases[reference];
    if (alias === undefined || merging.length === 0)
      found.push({ offset: undefined, reason: multiplies(alias, gives) });
    if (alias === undefined) continue;
    for (const compared of merging) {
      const written = writtenComparison(select, alias, compared);
      const { other: joined } = compared;
      const other =
        written === undefined
          ? joined && `${aliases[joined.reference] ?? ''}.${joined.name}`
          : await expressionText(connection, written.other);
      found.push({ offset: written?.offset, reason: describe(alias, compared, other) });
    }
  }
  return found;
}

/**
 * The name by which the SQL refers to each of the plan's references; undefined for a computed table. Where the SQL names
 * a table at several places, these are in the order of the plan, unless a WITH is read several times.
 */
function aliasesOf(select: SyntaxNode, { references }: BoundPlan): (string | undefined)[] {
  const written = tableReferencesOf([select['from_table'], select]);
  const count = tableReferencesOf(select['from_table']).length;
  // The whole SELECT has its FROM again.
  const inFrom = new Set(written.slice(0, count).map(({ table, alias }) => `${table} ${alias}`));
  const all = [
    ...written.slice(0, count),
    ...written.slice(count).filter(({ table, alias }) => !inFrom.has(`${table} ${alias}`)),
  ];
  return references.map((reference, position) => {
    if (!('table' in reference)) return undefined;
    const { table } = reference;
    const before = references.slice(0, position).filter((one) => 'table' in one && one.table === table).length;
    return all.filter((one) => one.table === table)[before]?.alias ?? table;
  });
}

function multiplies(alias: string | undefined, gives: MultiplyingTable['gives']): string {
  const what = alias === undefined ? 'a table that the SQL computes' : alias;
  const how =
    alias === undefined
      ? 'compare with = each column of its GROUP BY or DISTINCT'
      : `compare every column of its key with = (or set allowDuplicateKeys for the table)`;
  return gives === 'rows'
    ? `the join of ${what} can give several rows for one event: ${how}`
    : `the subquery over ${what} can give several values for one event: ${how}, or take max() or min()`;
}

function describe(alias: string, { column, type, merging }: KeyComparison, other: string | undefined): string {
  const name = `${alias}.${column.name}`;
  const by = merging?.by;
  const how =
    by?.kind === 'function'
      ? `applies ${by.name}() to ${name}, a ${type} column of the table's key`
      : `casts ${name}, a column of the table's key, from ${type} to ${by?.to ?? type}`;
  const why = 'so that several keys can match one event';
  return `the comparison ${how}, ${why}: write ${name} = ${castOf(other ?? '…', type)}`;
}

function castOf(expression: string, type: string): string {
  const isOneTerm = /^(?:["A-Za-z_…][\w".]*|[\w"]*\([\s\S]*\)|'[^']*')$/.test(expression);
  return isOneTerm ? `${expression}::${type}` : `CAST(${expression} AS ${type})`;
}

interface WrittenComparison {
  readonly offset: number | undefined;
  /** The side of the comparison that is not the column. */
  readonly other: SyntaxNode;
}

/** The comparison as the SQL has it, without a COLLATE. Undefined if the SQL has none, for example for USING. */
function writtenComparison(
  select: SyntaxNode,
  alias: string,
  { column, merging }: KeyComparison,
): WrittenComparison | undefined {
  const isColumn = (node: SyntaxNode): boolean => {
    const names = columnNamesOf(node)?.map((name) => name.toLowerCase()) ?? [];
    return names.at(-1) === column.name.toLowerCase() && (names.length === 1 || names.at(-2) === alias);
  };
  const found = [...nodesOf(select)].flatMap(({ type, left, right }) => {
    if (type !== 'COMPARE_EQUAL') return [];
    return [[left, right] as const, [right, left] as const].flatMap(([side, other]) => {
      const reference = [...nodesOf(side)].find(isColumn);
      if (reference === undefined || !isNode(other)) return [];
      const at = [...nodesOf(side)].map(offsetOf);
      return [{ offset: offsetOf(reference), at, other: withoutCollation(other) }];
    });
  });
  return found.find(({ at }) => at.includes(merging?.offset)) ?? found[0];
}

function withoutCollation(expression: SyntaxNode): SyntaxNode {
  const { class: kind, child } = expression;
  return kind === 'COLLATE' && isNode(child) ? withoutCollation(child) : expression;
}
