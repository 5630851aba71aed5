import { barY, ruleY } from '@observablehq/plot';
import { areRolledUp, reconciliationColumns, type ReconciledHour } from '../../../domain/reconciliation';
import type { ReportDay } from '../report-data';
import { element } from './element';
import { formatCount } from './format';
import { hourName, hourNames } from './hour-names';
import { drawPlot } from './plot';
import { dataTable } from './table';

const BEFORE = 'Druid before';
const AFTER = 'Druid after';

interface Bar {
  readonly hour: string;
  readonly what: string;
  readonly rows: number;
}

/**
 * A chart of the rows, or events of rolled-up rows, of each hour that Druid served before and serves now. `panelWidth`
 * is in pixels and includes the panel's padding.
 */
export function hourChart(
  hours: readonly ReconciledHour[],
  { unusualHours = {} }: Pick<ReportDay, 'unusualHours'>,
  panelWidth: number,
): Element {
  const bars = hours.flatMap(({ hour, realtimeRows, druidRows }): Bar[] => [
    { hour, what: BEFORE, rows: realtimeRows },
    { hour, what: AFTER, rows: druidRows },
  ]);
  const width = Math.min(1000, panelWidth - 36);
  const names = hourNames(
    hours.map(({ hour }) => hour),
    unusualHours,
    width,
  );
  return drawPlot({
    width,
    height: 200,
    x: { axis: null, padding: 0.1, domain: [BEFORE, AFTER] },
    fx: {
      label: 'local hour',
      padding: 0.15,
      tickFormat: (_: string, index: number) => names[index] ?? '',
    },
    y: { grid: true, label: areRolledUp(hours) ? 'events' : 'rows', nice: true, tickFormat: 's' },
    color: { domain: [BEFORE, AFTER], range: ['var(--realtime)', 'var(--batch)'], legend: true },
    marks: [
      barY(bars, {
        fx: 'hour',
        x: 'what',
        y: 'rows',
        fill: 'what',
        title: ({ hour, what, rows }: Bar) => `${hour} h, ${what}: ${formatCount(rows)}`,
      }),
      ruleY([0]),
    ],
  });
}

/** Columns that are there also if they are 0 all day. */
const ALWAYS: readonly string[] = ['hour', 'before', 'distinct', 'written', 'after', 'equal'];

/** A table with a line for each hour, and the sums, and what is to be said of it. */
export function hourTable(
  hours: readonly ReconciledHour[],
  { unusualHours = {} }: Pick<ReportDay, 'unusualHours'>,
): HTMLElement[] {
  // The figures first, then whether they are proven.
  const all = [...reconciliationColumns(hours), ['from other files', 'misfiled'] as const].sort(
    ([, one], [, other]) => Number(one === 'equal') - Number(other === 'equal'),
  );
  const columns = all.filter(([title, key]) => ALWAYS.includes(title) || hours.some((hour) => Boolean(hour[key])));
  const empty = all.filter((column) => !columns.includes(column)).map(([title]) => title);
  const cellsOf = (name: string, those: readonly ReconciledHour[]): string[] =>
    columns.map(([, key]) => {
      if (key === 'hour') return name;
      if (key === 'equal') return those.every(({ equal }) => equal) ? '=' : '≠';
      return formatCount(those.reduce((sum, hour) => sum + (hour[key] ?? 0), 0));
    });
  const lines = hours.map((hour) => ({
    cells: cellsOf(hourName(hour.hour, unusualHours), [hour]),
    marked: hour.equal ? undefined : 'unequal',
  }));
  const sums = cellsOf('day', hours);
  const titles = columns.map(([title]) => title);
  const notes = [
    ...Object.entries(unusualHours).map(
      ([hour, minutes]) => `${hour}* has ${minutes} minutes: the clocks change in it.`,
    ),
    ...(empty.length === 0 ? [] : [`0 in each hour: ${empty.join(', ')}.`]),
  ];
  return [
    dataTable(titles, lines, { sums }),
    ...(notes.length === 0 ? [] : [element('p', { class: 'muted' }, notes.join(' '))]),
  ];
}
