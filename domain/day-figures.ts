import type { OutputColumn } from './pipeline';

/** What an hour's rows have in one column. */
export interface ColumnFigures {
  readonly name: string;
  /** How many values are not null. */
  readonly values: number;
  /**
   * The sum of a whole number for each value, as decimal text: modulo 2^64, as a signed 64-bit number. The number is
   * the integer itself, the bits of a DOUBLE, 1 or 0 for `true` or `false`, the length of a text in UTF-16 units or of a
   * list in elements, the milliseconds of the time column, and 0 for JSON. '0' for no values.
   */
  readonly sum: string;
}

/**
 * What an hour's rows are in figures that both DuckDB and Druid compute without moving a row. They do not depend on the
 * order of the rows, and figures of two parts add up.
 */
export interface HourFigures {
  readonly rows: number;
  /** In the order of the output columns. */
  readonly columns: readonly ColumnFigures[];
}

/** The figures of no rows. */
export function noFigures(columns: readonly OutputColumn[]): HourFigures {
  return { rows: 0, columns: columns.map(({ name }) => ({ name, values: 0, sum: '0' })) };
}

/** An exact sum, of any size, as both DuckDB and Druid keep it. */
export function wrapped(sum: bigint): string {
  return BigInt.asIntN(64, sum).toString();
}

/** The figures of both parts together. They must be of the same columns. */
export function addFigures(one: HourFigures, other: HourFigures): HourFigures {
  return {
    rows: one.rows + other.rows,
    columns: one.columns.map(({ name, values, sum }, index) => {
      const more = other.columns[index];
      return { name, values: values + (more?.values ?? 0), sum: wrapped(BigInt(sum) + BigInt(more?.sum ?? '0')) };
    }),
  };
}

/** Whether the figures are of these columns. A pipeline may have been edited since they were stored. */
export function areOf(figures: HourFigures, columns: readonly OutputColumn[]): boolean {
  return JSON.stringify(figures.columns.map(({ name }) => name)) === JSON.stringify(columns.map(({ name }) => name));
}

/**
 * What differs first, for people; undefined if all figures are equal.
 *
 * @param counted what `rows` counts.
 */
export function firstDifference(druid: HourFigures, batch: HourFigures, counted = 'rows'): string | undefined {
  if (druid.rows !== batch.rows) return `Druid serves ${druid.rows} ${counted}, the batch wrote ${batch.rows}`;
  for (const [index, { name, values, sum }] of batch.columns.entries()) {
    const served = druid.columns[index];
    if (served?.values !== values) {
      return `${name} has ${served?.values ?? 0} values in Druid, and ${values} in the batch's rows`;
    }
    if (served.sum !== sum) return `the sum over ${name} is ${served.sum} in Druid, and ${sum} in the batch's rows`;
  }
  return undefined;
}
