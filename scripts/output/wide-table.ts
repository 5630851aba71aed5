import { stripVTControlCharacters } from 'node:util';
import { visible } from '../../domain/visible';
import { SafeText, type Line } from './safe-text';
import { cut } from './shown-text';
import { table } from './table';

/** Of a value in a list. */
const MOST_CHARACTERS = 200;

/** Rows whose values may be long. */
export interface WideRows {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The line above a row's values if they are listed, counted from 0. */
  readonly titleOf: (index: number) => string;
}

/**
 * The rows as a table with the beginning of each value, or each as a list of its values if the table is wider than
 * `width` characters. Nothing if there are no rows.
 */
export function wideTable({ head, rows, titleOf }: WideRows, width: number): Line[] {
  if (rows.length === 0) return [];
  const wide = table([head, ...rows.map((values) => values.map((value) => cut(value)))], Infinity);
  if (widthOf(wide) <= width) return [wide];
  return rows.flatMap((values, index) => [
    new SafeText(visible(titleOf(index))),
    ...values.map((value, column) => new SafeText(visible(`  ${head[column] ?? ''}: ${cut(value, MOST_CHARACTERS)}`))),
  ]);
}

/** Its first line is the border, which also counts characters that take two columns. */
function widthOf({ text }: SafeText): number {
  return stripVTControlCharacters(text.split('\n', 1)[0] ?? '').length;
}
