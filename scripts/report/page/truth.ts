import { cell } from '@observablehq/plot';
import { realtimeError, type RealtimeError } from '../../../domain/realtime-error';
import { colours } from './colours';
import { element } from './element';
import { formatCount } from './format';
import { drawPlot } from './plot';
import type { Report } from './report';

const KINDS: readonly (readonly [kind: keyof RealtimeError, title: string, meaning: string])[] = [
  ['doubled', 'doubled', 'served more than once'],
  ['missing', 'missing', 'in the files, and not served'],
  ['surplus', 'only in realtime', 'served, and not made of the files'],
  ['late', 'late', 'in files that came after the first batch'],
];

/** Shares of the hour's exact rows, from the least to the most. The last has no end. */
const STEPS = [
  { below: Number.MIN_VALUE, label: '0', colour: 'var(--error-0)' },
  { below: 0.001, label: 'under 0.1%', colour: 'var(--error-1)' },
  { below: 0.01, label: 'under 1%', colour: 'var(--error-2)' },
  { below: 0.1, label: 'under 10%', colour: 'var(--error-3)' },
  { below: Infinity, label: '10% and more', colour: 'var(--error-4)' },
] as const;

interface Cell {
  readonly date: string;
  readonly hour: string;
  readonly kind: keyof RealtimeError;
  readonly rows: number;
  readonly exact: number;
}

/**
 * How far realtime was from the batch, by day and hour, one field for each kind of error that there was. `mainWidth` is
 * in pixels and includes the padding.
 */
export function truth(report: Report, mainWidth: number): HTMLElement | undefined {
  const cells = report.days.flatMap(cellsOf);
  if (cells.length === 0) return undefined;
  const dates = report.days.map(({ date }) => date);
  const known = new Set(cells.map(({ date }) => date)).size;
  const total = (kind: keyof RealtimeError): number =>
    cells.reduce((sum, one) => (one.kind === kind ? sum + one.rows : sum), 0);
  const exact = cells.reduce((sum, one) => (one.kind === 'doubled' ? sum + one.exact : sum), 0);
  const shown = KINDS.filter(([kind]) => total(kind) > 0);
  const figures = KINDS.map(([kind, title]) => `${title} ${formatCount(total(kind))}`).join(', ');
  const changed = report.days.filter(({ reconciled }) => reconciled?.lateUnknown).length;
  return element(
    'section',
    { class: 'panel', id: 'truth' },
    element('h2', {}, 'How far realtime was from the truth'),
    element(
      'p',
      { class: 'muted' },
      `Of ${formatCount(exact)} exact rows of ${formatCount(known)} ${known === 1 ? 'day' : 'days'}: ${figures}.`,
      changed === 0
        ? ''
        : ` Late rows are not known of ${formatCount(changed)} ${changed === 1 ? 'day' : 'days'}, because the pipeline changed since the first batch.`,
    ),
    ...shown.flatMap(([kind, title, meaning]) => [
      element('h3', {}, `${title}: ${meaning}`),
      field(
        cells.filter((one) => one.kind === kind),
        dates,
        mainWidth,
      ),
    ]),
    ...(shown.length === 0 ? [] : [colours(STEPS.map(({ label, colour }) => [colour, label] as const))]),
  );
}

function field(cells: readonly Cell[], dates: readonly string[], mainWidth: number): Element {
  const width = Math.min(1000, mainWidth - 40);
  // A date needs some 50 pixels.
  const every = Math.ceil(dates.length / Math.max(1, Math.floor((width - 50) / 56)));
  return drawPlot({
    width,
    height: 160,
    padding: 0.08,
    x: {
      domain: dates,
      label: null,
      tickFormat: (date: string, index: number) => (index % every === 0 ? shortDate(date) : ''),
      tickSize: 0,
    },
    y: {
      ...{ domain: hoursOf(cells), label: 'local hour', tickSize: 0 },
      tickFormat: (hour: string) => (Number(hour) % 6 === 0 ? hour : ''),
    },
    marks: [
      cell(cells, {
        ...{ x: 'date', y: 'hour' },
        fill: ({ rows, exact }: Cell) => colourOf(rows / Math.max(1, exact)),
        title: ({ date, hour, rows, exact }: Cell) =>
          `${date} ${hour} h: ${formatCount(rows)} of ${formatCount(exact)} exact rows`,
      }),
    ],
  });
}

function cellsOf({ date, reconciled }: Report['days'][number]): Cell[] {
  if (reconciled?.realtime === undefined) return [];
  const { hours, lateUnknown = false } = reconciled;
  const now = new Map(hours.map(({ hour, written }) => [hour, written]));
  return reconciled.realtime.flatMap((served) => {
    const exact = lateUnknown ? served.written : (now.get(served.hour) ?? served.written);
    const errors = realtimeError(served, lateUnknown ? undefined : exact);
    return KINDS.flatMap(([kind]) => {
      const rows = errors[kind];
      return rows === undefined ? [] : [{ date, hour: served.hour, kind, rows, exact }];
    });
  });
}

function hoursOf(cells: readonly Cell[]): string[] {
  return [...new Set(cells.map(({ hour }) => hour))].sort();
}

function colourOf(share: number): string {
  return (STEPS.find(({ below }) => share < below) ?? STEPS[4]).colour;
}

function shortDate(date: string): string {
  return new Date(date).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}
