import type { DuckDBConnection } from '@duckdb/node-api';
import type { Pipeline } from '../../domain/pipeline';
import type { BoundPlan } from './bound-plan';
import { multiplyingJoins, type KeyComparison } from './join-keys';
import { expressionText } from './expression-text';
import { offsetOf, type Violation } from './transform-rules';
import { columnNamesOf, isNode, nodesOf, tableReferencesOf, type SyntaxNode } from './transform-syntax';

/** The joins of a bound transform that can give several rows for one event, with a suggestion if one is known. */
export async function joinViolations(
  connection: DuckDBConnection,
  select: SyntaxNode,
  plan: BoundPlan,
  pipeline: Pipeline,
): Promise<Violation[]> {
  const found: Violation[] = [];
  const references = tableReferencesOf(select['from_table']);
  for (const { alias, merging } of multiplyingJoins(plan, references, pipeline)) {
    if (merging.length === 0) {
      const reason = `the join of ${alias} can give several rows for one event: compare every column of its key with =`;
      found.push({ offset: undefined, reason: `${reason} (or set allowDuplicateKeys for the table)` });
    }
    for (const compared of merging) {
      const written = writtenComparison(select, alias, compared);
      const { other: joined } = compared;
      const other =
        written === undefined
          ? joined && `${references[joined.reference]?.alias ?? ''}.${joined.name}`
          : await expressionText(connection, written.other);
      found.push({ offset: written?.offset, reason: describe(alias, compared, other) });
    }
  }
  return found;
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
  const found = [...nodesOf([select['from_table'], select['where_clause']])].flatMap(({ type, left, right }) => {
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
