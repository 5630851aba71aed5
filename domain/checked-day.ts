import { numeral } from './counted';
import { writtenRows } from './day-manifest';
import { shortened } from './bounded-text';
import { markdownTable, type Markdown } from './markdown';
import type { RowCheck, WrongRows } from './row-checks';

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
  const rows = writtenRows(hours);
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
  const { name, wrong } = check;
  const worst = worstOf(check) === '' ? '' : `; most in hour ${worstOf(check)}`;
  return `${name}: ${numeral(wrong)} rows where ${whereOf(check)}, at most ${boundOf(check)}${worst}`;
}

export const CHECK_TITLES = ['check', 'wrong', 'at most', 'most in hour', 'where'];

/** The checks of a day as text cells: a line of names, then a line for each check. */
export function checkTable(checks: readonly CheckedDay[]): string[][] {
  return [
    CHECK_TITLES,
    ...checks.map((check) => {
      const { name, wrong } = check;
      return [name, numeral(wrong), boundOf(check), worstOf(check), whereOf(check)];
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

/** How many rows may be wrong, for people: '10', or '0.1% = 24'. */
export function boundOf({ atMost, allowed }: CheckedDay): string {
  return typeof atMost === 'number' ? numeral(atMost) : `${atMost} = ${numeral(allowed)}`;
}

/** The hour that has most of them, such as '07: 9'; empty if there are none. */
export function worstOf({ worstHour }: CheckedDay): string {
  return worstHour === undefined ? '' : `${worstHour.hour}: ${numeral(worstHour.wrong)}`;
}
