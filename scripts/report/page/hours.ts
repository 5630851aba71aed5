import { barY, ruleY } from '@observablehq/plot';
import type { ReportHour } from '../report-data';
import { element } from './element';
import { formatCount } from './format';
import { drawPlot } from './plot';

const BEFORE = 'Druid before';
const AFTER = 'Druid after';

const COLUMNS = [
  [BEFORE, 'realtimeRows'],
  ['distinct', 'realtimeDistinct'],
  ['written', 'written'],
  [AFTER, 'druidRows'],
  ['added', 'missedByRealtime'],
  ['duplicates', 'duplicates'],
  ['filtered', 'filtered'],
  ['bad', 'quarantined'],
  ['other days', 'outsideDay'],
  ['from other files', 'misfiled'],
  ['unmatched', 'unmatched'],
] as const satisfies readonly (readonly [title: string, key: keyof ReportHour])[];

/** Of days of rolled-up rows, whose other columns count events. */
const STORED_COLUMNS = [
  ['stored before', 'realtimeStored'],
  ['stored after', 'druidStored'],
] as const satisfies readonly (readonly [title: string, key: keyof ReportHour])[];

function isRolledUp(hours: readonly ReportHour[]): boolean {
  return hours.some(({ druidStored }) => druidStored !== undefined);
}

interface Bar {
  readonly hour: string;
  readonly what: string;
  readonly rows: number;
}

/**
 * A chart of the rows, or events of rolled-up rows, of each hour that Druid served before and serves now. `panelWidth` is in pixels and includes the
 * panel's padding.
 */
export function hourChart(hours: readonly ReportHour[], panelWidth: number): Element {
  const bars = hours.flatMap(({ hour, realtimeRows, druidRows }): Bar[] => [
    { hour, what: BEFORE, rows: realtimeRows },
    { hour, what: AFTER, rows: druidRows },
  ]);
  return drawPlot({
    width: Math.min(1000, panelWidth - 36),
    height: 200,
    x: { axis: null, padding: 0.1, domain: [BEFORE, AFTER] },
    fx: { label: 'local hour', padding: 0.15 },
    y: { grid: true, label: isRolledUp(hours) ? 'events' : 'rows', nice: true, tickFormat: 's' },
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

/** A table with a line for each hour, and the sums. */
export function hourTable(hours: readonly ReportHour[]): HTMLElement {
  const columns = isRolledUp(hours) ? [...COLUMNS, ...STORED_COLUMNS] : COLUMNS;
  const titles = ['hour', ...columns.map(([title]) => title), 'proof'];
  const lines = hours.map((hour) =>
    element(
      'tr',
      { class: hour.equal ? undefined : 'unequal' },
      ...cells(
        hour.hour,
        columns.map(([, key]) => hour[key] ?? 0),
        hour.equal,
      ),
    ),
  );
  const sums = cells(
    'day',
    columns.map(([, key]) => hours.reduce((sum, hour) => sum + (hour[key] ?? 0), 0)),
    hours.every(({ equal }) => equal),
  );
  return element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...titles.map((title) => element('th', {}, title)))),
    element('tbody', {}, ...lines),
    element('tfoot', {}, element('tr', {}, ...sums)),
  );
}

function cells(name: string, counts: readonly number[], equal: boolean): HTMLElement[] {
  return [name, ...counts.map(formatCount), equal ? '=' : '≠'].map((text) => element('td', {}, text));
}
