import type { Pipeline } from '../../domain/pipeline';
import { boundColumnOf, referencesIn, type BoundColumn, type BoundPlan } from './bound-plan';
import { comparedColumn, type ComparedColumn } from './key-conversion';
import type { TableReference } from './transform-syntax';

/** A table whose join can give several rows for one event. */
export interface MultiplyingJoin {
  readonly alias: string;
  /** Comparisons that would determine columns of its key if they did not convert the column. */
  readonly merging: readonly KeyComparison[];
}

/** `column = expression`, for a column of a table. */
export interface KeyComparison extends ComparedColumn {
  /** The references that the expression depends on, by position. Contains undefined if a dependency is unknown. */
  readonly dependsOn: ReadonlySet<number | undefined>;
  /** The expression, if it is a column. */
  readonly other: BoundColumn | undefined;
}

/**
 * The tables, of `references` left to right, whose key equalities do not fully determine, from the event, constants or
 * tables that are determined themselves. An equality determines a column of the key if it compares the column in its
 * own type, or in a type in which different values of the column stay different.
 */
export function multiplyingJoins(
  plan: BoundPlan,
  references: readonly TableReference[],
  pipeline: Pipeline,
): MultiplyingJoin[] {
  if (plan.references !== references.length) {
    throw new Error(`DuckDB reads ${plan.references} tables where FROM names ${references.length}`);
  }
  const comparisons = keyComparisons(plan);
  const determined = new Set(references.flatMap(({ table }, index) => (table === 'events' ? [index] : [])));
  const of = (reference: number, key: string): KeyComparison[] =>
    comparisons.filter(({ column }) => column.reference === reference && column.name.toLowerCase() === key);
  const isDetermined = (reference: number, key: string): boolean =>
    of(reference, key).some(
      ({ merging, dependsOn }) =>
        merging === undefined && [...dependsOn].every((one) => one !== undefined && determined.has(one)),
    );
  for (let before = -1; before !== determined.size;) {
    before = determined.size;
    references.forEach(({ table }, reference) => {
      if (keyOf(table, pipeline).every((key) => isDetermined(reference, key))) determined.add(reference);
    });
  }
  return references.flatMap(({ table, alias }, reference) => {
    if (determined.has(reference)) return [];
    const lacking = keyOf(table, pipeline).filter((key) => !isDetermined(reference, key));
    const merging = lacking.flatMap((key) => of(reference, key).filter((one) => one.merging !== undefined));
    return [{ alias, merging }];
  });
}

function keyComparisons({ equalities }: BoundPlan): KeyComparison[] {
  return equalities.flatMap(({ left, right, tables }) =>
    [[left, right] as const, [right, left] as const].flatMap(([side, other]) => {
      const compared = comparedColumn(side);
      if (compared === undefined || !tables.has(compared.column.reference)) return [];
      return [{ ...compared, dependsOn: referencesIn(other), other: boundColumnOf(other) }];
    }),
  );
}

/** The key of a static table. Empty if the pipeline allows duplicates: then any join is allowed. */
function keyOf(table: string, pipeline: Pipeline): string[] {
  const declared = Object.entries(pipeline.tables).find(([name]) => name.toLowerCase() === table)?.[1];
  return declared === undefined || declared.allowDuplicateKeys ? [] : declared.key.map((name) => name.toLowerCase());
}
