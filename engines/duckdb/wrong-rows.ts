import type { Pipeline } from '../../domain/pipeline';
import type { WrongRows } from '../../domain/row-checks';

/**
 * SQL that counts the rows that each check of a pipeline finds wrong: an aggregate a check, over the columns of a row.
 * Everything that counts them uses this form, so that a predicate fails on the same rows everywhere.
 */
export function wrongRowsSql({ checks }: Pick<Pipeline, 'checks'>): string[] {
  return checks.map(({ where }) => `count(*) FILTER (WHERE (\n${where}\n))`);
}

/** The counts by name, of a row's values in the order of the checks; undefined if there are no checks. */
export function wrongRowsFrom(
  { checks }: Pick<Pipeline, 'checks'>,
  counts: readonly (string | number | null)[],
): WrongRows | undefined {
  if (checks.length === 0) return undefined;
  return Object.fromEntries(checks.map(({ name }, index) => [name, Number(counts[index] ?? 0)]));
}

/** The same of an hour of a day: undefined also if the hour has no rows. */
export function wrongRowsOfHour(
  pipeline: Pick<Pipeline, 'checks'>,
  written: number,
  counts: readonly (string | number | null)[],
): WrongRows | undefined {
  return written === 0 ? undefined : wrongRowsFrom(pipeline, counts);
}
