/**
 * Aggregates that give the same value in whatever order they get their rows. Others, such as first() and string_agg(),
 * could differ between a micro-batch and a day.
 */
const EXACT = new Set(['count', 'count_star', 'min', 'max', 'sum', 'bool_and', 'bool_or']);

/** @param types the types of the arguments, as DuckDB names them; undefined if they are not known yet. */
export function isExactAggregate(name: string, types?: readonly string[]): boolean {
  // The sum of doubles depends on their order in its last digits.
  return EXACT.has(name) && !(name === 'sum' && types?.some((type) => type === 'DOUBLE' || type === 'FLOAT') === true);
}

/** Why a subquery must not call another aggregate, and what to write instead. */
export function inexact(call: string): string {
  return `${call} may depend on the order of its rows: in a subquery use count, min, max, sum, bool_and and bool_or, and no sum of DOUBLEs`;
}
