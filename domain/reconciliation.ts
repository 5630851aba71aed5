import { numeral } from './counted';
import { markdown, markdownTable, type Markdown } from './markdown';
import { isRolledUp, type ProofKind } from './proof-kind';

/** Who made the rows that Druid served before the day was replaced: a previous batch if the day was replaced before. */
export const SERVED_BEFORE = ['nothing', 'realtime', 'batch', 'both', 'compacted'] as const;
export type ServedBefore = (typeof SERVED_BEFORE)[number];

/** One local hour of a day: what Druid served before, what the batch made from the files, what Druid serves now. */
export interface ReconciledHour {
  readonly hour: string;
  /** Rows that Druid served before, and the number of distinct ones. The day's `before` says who made them. */
  readonly realtimeRows: number;
  readonly realtimeDistinct: number;
  /** Lines of the hour's own files, and records of the hour in files of neighbouring days. */
  readonly read: number;
  /** Bad records among those read. */
  readonly quarantined: number;
  /** Valid records of other days among those read. */
  readonly outsideDay: number;
  readonly duplicates: number;
  /** Distinct records for which the transform gives no row. */
  readonly filtered: number;
  /** Rows of events that the transform made several of, beyond one each. Absent if no hour of the day has any. */
  readonly multiplied?: number;
  readonly written: number;
  /** How many more rows the batch has than the distinct rows that Druid served before. */
  readonly missedByRealtime: number;
  readonly unmatched: number;
  /** Misplaced records: records of the hour that were found in the file of another hour. */
  readonly misfiled: number;
  readonly druidRows: number;
  /**
   * The rows that Druid stored before, and stores now, for the events that the other figures count. Absent without
   * druid.rollup.
   */
  readonly realtimeStored?: number;
  readonly druidStored?: number;
  /** Whether Druid's rows equal the batch's, compared by content. */
  readonly equal: boolean;
}

/**
 * The columns of the day's table, in order; 'multiplied' only of hours that have it. The last line has the sums of the
 * day.
 */
export const RECONCILIATION_COLUMNS = [
  ['hour', 'hour'],
  ['before', 'realtimeRows'],
  ['distinct', 'realtimeDistinct'],
  ['read', 'read'],
  ['bad', 'quarantined'],
  ['other days', 'outsideDay'],
  ['duplicates', 'duplicates'],
  ['filtered', 'filtered'],
  ['multiplied', 'multiplied'],
  ['written', 'written'],
  ['added', 'missedByRealtime'],
  ['unmatched', 'unmatched'],
  ['after', 'druidRows'],
  ['equal', 'equal'],
] as const satisfies readonly (readonly [string, keyof ReconciledHour])[];

/** The further columns of a day of rolled-up rows, after the others. */
const STORED_COLUMNS = [
  ['stored before', 'realtimeStored'],
  ['stored after', 'druidStored'],
] as const satisfies readonly (readonly [string, keyof ReconciledHour])[];

const BEFORE: Readonly<Record<ServedBefore, string>> = {
  nothing: 'Druid served nothing of the day before',
  realtime: 'before: what realtime had taken of the day',
  batch: 'before: the rows of the batch that replaced the day last',
  both: 'before: rows of an earlier batch in a part of the day, and what realtime had taken of the rest',
  compacted: 'before: what Druid’s compaction had made of the rows of realtime or of an earlier batch',
};

/** What the gate could not know exactly. */
export interface GateKnowledge {
  /** What it waited for in vain, if it saw only a part of realtime. */
  readonly realtimeUnseen?: string | undefined;
  /** Whether the distinct rows were counted by a sketch, and are so many that it is not exact. */
  readonly isDistinctEstimated?: boolean | undefined;
  /** How the day was proven; see `isRolledUp`. */
  readonly proof?: ProofKind | undefined;
}

const ROLLED_UP =
  '; Druid rolls up: before and after are events, of which distinct leaves out as many duplicates as the batch found, and stored are the rows that Druid has for them';

/**
 * Explains the columns 'before' and 'added'.
 *
 * @param known what the day's result says of the gate.
 */
export function describeBefore(
  before: ServedBefore,
  { realtimeUnseen, isDistinctEstimated, proof }: GateKnowledge = {},
): string {
  const unseen = realtimeUnseen && `; not all of it, because the gate waited in vain for ${realtimeUnseen}`;
  const estimated = isDistinctEstimated === true ? '; Druid estimated how many of them are distinct' : '';
  const rolledUp = proof !== undefined && isRolledUp(proof) ? ROLLED_UP : '';
  return `${BEFORE[before]}${unseen ?? ''}${estimated}${rolledUp}`;
}

/** Whether Druid stores other rows than the events that the figures count. */
export function areRolledUp(hours: readonly ReconciledHour[]): boolean {
  return hours.some(({ druidStored }) => druidStored !== undefined);
}

/** The columns of these hours' table. */
export function reconciliationColumns(
  hours: readonly ReconciledHour[],
): readonly (readonly [title: string, key: keyof ReconciledHour])[] {
  const isMultiplied = hours.some(({ multiplied }) => multiplied !== undefined);
  const columns = RECONCILIATION_COLUMNS.filter(([title]) => isMultiplied || title !== 'multiplied');
  return areRolledUp(hours) ? [...columns, ...STORED_COLUMNS] : columns;
}

/** The table as text cells: a line of names, a line for each hour, a line of sums. */
export function reconciliationTable(hours: readonly ReconciledHour[]): string[][] {
  const cell = (value: string | number | boolean): string =>
    typeof value === 'number' ? numeral(value) : typeof value === 'boolean' ? (value ? 'yes' : 'NO') : value;
  const columns = reconciliationColumns(hours);
  return [
    columns.map(([title]) => title),
    ...hours.map((hour) => columns.map(([, key]) => cell(hour[key] ?? 0))),
    columns.map(([, key]) => {
      if (key === 'hour') return 'day';
      if (key === 'equal') return cell(hours.every((hour) => hour.equal));
      return cell(hours.reduce((total, hour) => total + (hour[key] ?? 0), 0));
    }),
  ];
}

/** The columns that say something also where they are 0. */
const ALWAYS_SHOWN = new Set(['hour', 'before', 'distinct', 'read', 'written', 'after', 'equal']);

/**
 * The table in Markdown, for Temporal's current details. The UI's window has room for about ten columns, so that columns
 * that are 0 in every hour are named below the table. The sums come first: one sees only the top until one scrolls.
 */
export function reconciliationMarkdown(hours: readonly ReconciledHour[]): Markdown {
  const [names = [], ...lines] = reconciliationTable(hours);
  const isEmpty = (title: string, column: number): boolean =>
    !ALWAYS_SHOWN.has(title) && lines.every((cells) => cells[column] === '0');
  const shown = names.map((title, column) => !isEmpty(title, column));
  const [head = [], ...body] = [names, ...lines].map((cells) => cells.filter((_, column) => shown[column]));
  const sumsFirst = [...body.slice(-1), ...body.slice(0, -1)];
  const grid = markdownTable(head, `| --- |${' ---: |'.repeat(head.length - 1)}`, sumsFirst);
  const empty = names.filter((_, column) => shown[column] !== true);
  return empty.length === 0 ? grid : markdown`${grid}\n\n0 in every hour: ${empty.join(', ')}`;
}
