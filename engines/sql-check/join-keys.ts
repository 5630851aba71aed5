import { unnestsEvents, type Pipeline } from '../../domain/pipeline';
import { boundColumnOf, referencesIn, type BoundColumn, type BoundPlan } from './bound-plan';
import { comparedColumn, type ComparedColumn } from './key-conversion';

/** A table of which several rows can belong to one event. */
export interface MultiplyingTable {
  /** Its position in `BoundPlan.references`. */
  readonly reference: number;
  /** Whether it multiplies the events' rows, or the values of a subquery that must have one. */
  readonly gives: 'rows' | 'values';
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
 * The tables whose key equalities do not fully determine, from the event, constants or tables that are determined
 * themselves. For a subquery all that is outside of it is given. An equality determines a column of the key if it
 * compares the column in its own type, or in a type in which different values of the column stay different.
 */
export function multiplyingTables(plan: BoundPlan, pipeline: Pipeline): MultiplyingTable[] {
  const comparisons = keyComparisons(plan);
  const all = plan.references.map((_, reference) => reference);
  const events = all.filter((reference) => isEvents(plan, reference));
  return [
    ...undetermined(plan.joined, events).map((one) => ({ ...one, gives: 'rows' as const })),
    ...plan.values.flatMap(({ joined, first, end }) =>
      undetermined(
        joined,
        all.filter((reference) => reference < first || reference >= end),
      ).map((one) => ({ ...one, gives: 'values' as const })),
    ),
  ];

  function undetermined(wanted: readonly number[], given: readonly number[]): Omit<MultiplyingTable, 'gives'>[] {
    const determined = new Set(given);
    const of = (reference: number, key: string): KeyComparison[] =>
      comparisons.filter(({ column }) => column.reference === reference && column.name.toLowerCase() === key);
    const isDetermined = (reference: number, key: string): boolean =>
      of(reference, key).some(({ merging, dependsOn }) => merging === undefined && areDetermined(dependsOn));
    const areDetermined = (dependsOn: ReadonlySet<number | undefined>): boolean =>
      [...dependsOn].every((one) => one !== undefined && determined.has(one));
    for (let before = -1; before !== determined.size;) {
      before = determined.size;
      for (const reference of all) {
        const keys = keyOf(plan, reference, pipeline);
        const found = plan.references[reference];
        const dependsOn = found !== undefined && 'uniqueBy' in found ? found.dependsOn : undefined;
        if (keys?.every((key) => isDetermined(reference, key)) !== true) continue;
        if (dependsOn === undefined || areDetermined(dependsOn)) determined.add(reference);
      }
    }
    return wanted.flatMap((reference) => {
      if (determined.has(reference)) return [];
      const lacking = (keyOf(plan, reference, pipeline) ?? []).filter((key) => !isDetermined(reference, key));
      const merging = lacking.flatMap((key) => of(reference, key).filter((one) => one.merging !== undefined));
      return [{ reference, merging }];
    });
  }
}

/** Whether an event may give several rows: by unnest, or since a joined table allows its key to repeat. */
export function mayMultiply(plan: BoundPlan, pipeline: Pipeline): boolean {
  if (unnestsEvents(pipeline)) return true;
  return plan.joined.some((reference) => {
    const found = plan.references[reference];
    return found !== undefined && 'table' in found && keyOf(plan, reference, pipeline)?.length === 0;
  });
}

function isEvents({ references }: BoundPlan, reference: number): boolean {
  const found = references[reference];
  return found !== undefined && 'table' in found && found.table === 'events';
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

/**
 * The columns that are unique in a table, in lower case. Empty if the pipeline allows duplicates: then any join is
 * allowed. Undefined if no columns are known to be unique.
 */
function keyOf(plan: BoundPlan, reference: number, pipeline: Pipeline): readonly string[] | undefined {
  const found = plan.references[reference];
  if (found === undefined || isEvents(plan, reference)) return undefined;
  if (!('table' in found)) return found.uniqueBy;
  const declared = Object.entries(pipeline.tables).find(([name]) => name.toLowerCase() === found.table)?.[1];
  if (declared === undefined) return undefined;
  return declared.allowDuplicateKeys ? [] : declared.key.map((name) => name.toLowerCase());
}
