import * as z from 'zod';
import { shortened } from './bounded-text';
import { markdownTable, type Markdown } from './markdown';

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

/** What a check found in a day. */
export interface CheckedDay extends RowCheck {
  /** Rows that are wrong. */
  readonly wrong: number;
  /** How many the bound allows for the day's rows. */
  readonly allowed: number;
  /** The hour that has most of them; absent if there are none. */
  readonly worstHour?: { readonly hour: string; readonly wrong: number };
}

/** An hour of a day, as it was built. */
export interface CountedHour {
  readonly hour: string;
  readonly written: number;
  /** Absent if no check was counted. */
  readonly wrong?: WrongRows | undefined;
}

/**
 * What the checks found in a day's hours. Leaves out a check that was not counted in all of them: a version of the day
 * may be older than the check.
 */
export function checkedDay(checks: readonly RowCheck[], hours: readonly CountedHour[]): CheckedDay[] {
  const rows = hours.reduce((sum, { written }) => sum + written, 0);
  return checks.flatMap((check) => {
    const counts = hours.map(({ hour, written, wrong }) => ({
      hour,
      wrong: wrong?.[check.name] ?? (written === 0 ? 0 : undefined),
    }));
    const known = counts.flatMap(({ hour, wrong }) => (wrong === undefined ? [] : [{ hour, wrong }]));
    if (known.length < counts.length) return [];
    const wrong = known.reduce((sum, one) => sum + one.wrong, 0);
    const worstHour = known.reduce((worst, one) => (one.wrong > worst.wrong ? one : worst), { hour: '', wrong: 0 });
    return { ...check, wrong, allowed: allowedRows(check, rows), ...(worstHour.wrong > 0 && { worstHour }) };
  });
}

/** Exact for every share, which a product of binary fractions is not. */
function allowedRows({ atMost }: RowCheck, rows: number): number {
  if (typeof atMost === 'number') return atMost;
  const [whole = '', fraction = ''] = atMost.replace('%', '').split('.');
  const hundred = 100n * 10n ** BigInt(fraction.length);
  return Number((BigInt(whole + fraction) * BigInt(rows)) / hundred);
}

/** For people, such as 'no_uid: 12 rows where uid IS NULL, at most 0; most in hour 07: 9'. */
export function describeCheck(check: CheckedDay): string {
  const { name, wrong, worstHour } = check;
  const worst = worstHour === undefined ? '' : `; most in hour ${worstOf(worstHour)}`;
  return `${name}: ${number(wrong)} rows where ${whereOf(check)}, at most ${boundOf(check)}${worst}`;
}

/** The checks of a day as text cells: a line of names, then a line for each check. */
export function checkTable(checks: readonly CheckedDay[]): string[][] {
  return [
    ['check', 'wrong', 'at most', 'most in hour', 'where'],
    ...checks.map((check) => {
      const { name, wrong, worstHour } = check;
      return [name, number(wrong), boundOf(check), worstHour === undefined ? '' : worstOf(worstHour), whereOf(check)];
    }),
  ];
}

/** The same in Markdown, for Temporal's current details. */
export function checkMarkdown(checks: readonly CheckedDay[]): Markdown {
  const [head = [], ...body] = checkTable(checks);
  return markdownTable(head, '| --- | ---: | ---: | ---: | --- |', body);
}

function whereOf({ where }: RowCheck): string {
  return shortened(where.trim().replace(/\s+/g, ' '));
}

function boundOf({ atMost, allowed }: CheckedDay): string {
  return typeof atMost === 'number' ? number(atMost) : `${atMost} = ${number(allowed)}`;
}

function worstOf({ hour, wrong }: NonNullable<CheckedDay['worstHour']>): string {
  return `${hour}: ${number(wrong)}`;
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}
