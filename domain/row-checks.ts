import * as z from 'zod';

const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;
/** A percentage from 0 to 100. */
const SHARE = /^(?:100(?:\.0{1,6})?|\d{1,2}(?:\.\d{1,6})?)%$/;
const BOUND = 'a whole number of rows, such as 0, or a share of the rows as text, such as 0.1%';

/** The name of a check: part of options, labels of metrics and messages. */
export const checkName = z.string().regex(NAME, 'a letter or _, then letters, digits, _ or -');

export const rowCheck = z.strictObject({
  name: checkName.describe('The name of the check, which metrics, messages and --accept have.'),
  where: z
    .string()
    .min(1)
    .max(4096)
    .describe('SQL over the columns of an output row, in DuckDB’s dialect: true for a row that is wrong.'),
  atMost: z
    .union([z.int(BOUND).min(0, BOUND), z.string().regex(SHARE, BOUND)], BOUND)
    .describe('How many rows of a day may be wrong: a whole number, or a share as text, such as 0.1%.'),
});
export type RowCheck = z.infer<typeof rowCheck>;

/** How many rows are wrong, by the name of the check. */
export type WrongRows = Readonly<Record<string, number>>;

/** The wrong rows of both parts together. */
export function addWrongRows(one: WrongRows, other: WrongRows): WrongRows {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}
