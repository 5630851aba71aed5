/** One local hour of a day: what realtime served, what the batch made of the files, what Druid serves now. */
export interface ReconciledHour {
  readonly hour: string;
  readonly realtimeRows: number;
  readonly realtimeDistinct: number;
  /** Lines of the hour's input files, and bad ones among them. */
  readonly read: number;
  readonly quarantined: number;
  readonly written: number;
  /** Rows that the batch has beyond realtime's distinct ones: late for good, or lost on the way. */
  readonly missedByRealtime: number;
  readonly duplicates: number;
  readonly unmatched: number;
  /** Records of the hour that were found in the file of another hour. */
  readonly misfiled: number;
  readonly druidRows: number;
  /** Whether Druid's rows are the batch's, compared by their content. */
  readonly equal: boolean;
}

/** The columns of the day's table, in order, with the sum of the day in the last line. */
export const RECONCILIATION_COLUMNS = [
  ['hour', 'hour'],
  ['realtime', 'realtimeRows'],
  ['distinct', 'realtimeDistinct'],
  ['read', 'read'],
  ['bad', 'quarantined'],
  ['duplicates', 'duplicates'],
  ['batch', 'written'],
  ['late', 'missedByRealtime'],
  ['unmatched', 'unmatched'],
  ['Druid after', 'druidRows'],
  ['equal', 'equal'],
] as const satisfies readonly (readonly [string, keyof ReconciledHour])[];

/** The table as text cells: a line of names, a line an hour, a line of sums. */
export function reconciliationTable(hours: readonly ReconciledHour[]): string[][] {
  const cell = (value: string | number | boolean): string =>
    typeof value === 'number'
      ? value.toLocaleString('en-US')
      : typeof value === 'boolean'
        ? value
          ? 'yes'
          : 'NO'
        : value;
  return [
    RECONCILIATION_COLUMNS.map(([title]) => title),
    ...hours.map((hour) => RECONCILIATION_COLUMNS.map(([, key]) => cell(hour[key]))),
    RECONCILIATION_COLUMNS.map(([, key]) => {
      if (key === 'hour') return 'day';
      if (key === 'equal') return cell(hours.every((hour) => hour.equal));
      return cell(hours.reduce((total, hour) => total + hour[key], 0));
    }),
  ];
}

/** The table in Markdown, for Temporal's current details. */
export function reconciliationMarkdown(hours: readonly ReconciledHour[]): string {
  const [head, ...body] = reconciliationTable(hours);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(head ?? []),
    line((head ?? []).map((_, index) => (index === 0 ? '---' : '---:'))),
    ...body.map(line),
  ].join('\n');
}
