import type { Pipeline } from '../../domain/pipeline';
import {
  columnNamesOf,
  conjunctsOf,
  isNode,
  nodesOf,
  tableReferencesOf,
  type SyntaxNode,
  type TableReference,
} from './transform-syntax';

/** `table.column = expression`: the expression depends on the tables of these aliases only. */
interface Equality {
  readonly alias: string;
  readonly column: string;
  readonly dependsOn: ReadonlySet<string>;
}

/**
 * The aliases of tables whose join can give several rows for one event: their key is not fully determined,
 * by equalities, from the event, constants or tables that are determined themselves.
 */
export function multiplyingJoins(select: SyntaxNode, pipeline: Pipeline): string[] {
  const references = tableReferencesOf(select['from_table']);
  const equalities = equalitiesOf(select, references, pipeline);
  const determined = new Set(references.filter(({ table }) => table === 'events').map(({ alias }) => alias));
  for (let before = -1; before !== determined.size;) {
    before = determined.size;
    for (const { table, alias } of references) {
      if (keyOf(table, pipeline).every((column) => isDetermined(alias, column, equalities, determined))) {
        determined.add(alias);
      }
    }
  }
  return references.map(({ alias }) => alias).filter((alias) => !determined.has(alias));
}

function isDetermined(
  alias: string,
  column: string,
  equalities: readonly Equality[],
  determined: ReadonlySet<string>,
): boolean {
  return equalities.some(
    (equality) =>
      equality.alias === alias && equality.column === column && [...equality.dependsOn].every((d) => determined.has(d)),
  );
}

/** The key of a static table; empty, which any join satisfies, where the pipeline allows duplicates. */
function keyOf(table: string, pipeline: Pipeline): string[] {
  const declared = Object.entries(pipeline.tables).find(([name]) => name.toLowerCase() === table)?.[1];
  return declared === undefined || declared.allowDuplicateKeys ? [] : declared.key.map((name) => name.toLowerCase());
}

function equalitiesOf(select: SyntaxNode, references: readonly TableReference[], pipeline: Pipeline): Equality[] {
  const joins = [...nodesOf(select['from_table'])].filter(({ type }) => type === 'JOIN');
  const conditions = [select['where_clause'], ...joins.map(({ condition }) => condition)].flatMap(conjunctsOf);
  const found: Equality[] = [];
  const owner = (names: readonly string[]): string | undefined => ownerOf(names, references, pipeline);
  for (const condition of conditions) {
    if (condition['type'] !== 'COMPARE_EQUAL') continue;
    for (const [side, other] of [
      [condition['left'], condition['right']],
      [condition['right'], condition['left']],
    ]) {
      const names = columnNamesOf(side);
      const alias = names && owner(names);
      const column = names?.at(-1)?.toLowerCase();
      if (alias === undefined || column === undefined) continue;
      const dependsOn = new Set(
        [...nodesOf(other)].flatMap((node) => {
          const used = columnNamesOf(node);
          return used === undefined ? [] : [owner(used) ?? 'unknown'];
        }),
      );
      found.push({ alias, column, dependsOn });
    }
  }
  return [...found, ...joins.flatMap((join) => usingEqualities(join))];
}

/** JOIN … USING (column): equal on both sides. */
function usingEqualities(join: SyntaxNode): Equality[] {
  const columns = Array.isArray(join['using_columns'])
    ? join['using_columns'].map((name) => String(name).toLowerCase())
    : [];
  if (!isNode(join['left']) || !isNode(join['right'])) return [];
  const left = tableReferencesOf(join['left']).map(({ alias }) => alias);
  return tableReferencesOf(join['right']).flatMap(({ alias }) =>
    columns.map((column) => ({ alias, column, dependsOn: new Set(left) })),
  );
}

/** The alias that a column name belongs to; undefined where it is not one alone. */
function ownerOf(
  names: readonly string[],
  references: readonly TableReference[],
  pipeline: Pipeline,
): string | undefined {
  const [first, second] = names.map((name) => name.toLowerCase());
  if (second !== undefined) return first;
  const owners = references.filter(({ table }) => {
    const columns = table === 'events' ? pipeline.events.columns : tableColumns(table, pipeline);
    return Object.keys(columns).some((name) => name.toLowerCase() === first);
  });
  return owners.length === 1 ? owners[0]?.alias : undefined;
}

function tableColumns(table: string, pipeline: Pipeline): Readonly<Record<string, unknown>> {
  return Object.entries(pipeline.tables).find(([name]) => name.toLowerCase() === table)?.[1].columns ?? {};
}
