import type { ReportDay, Verdict } from '../report-data';
import { element } from './element';
import type { Report } from './report';

const WEEKDAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];

/** The mark in a cell below its number, because some readers do not see the colours. */
const MARKS: Readonly<Record<Verdict, string>> = {
  replaced: '',
  refused: 'refused',
  failed: 'failed',
  cancelled: 'cancelled',
  running: 'runs',
  none: '',
};

/** The colours. Cancelled days have the colour of refused days. */
const LEGEND: readonly (readonly [verdict: Verdict, label: string])[] = [
  ['replaced', 'replaced, proven'],
  ['refused', 'refused or cancelled'],
  ['failed', 'failed'],
  ['running', 'running'],
  ['none', 'no run'],
];

/** A cell for each day, by weeks under the names of their months. `open` is called with the date of a clicked day. */
export function calendar({ days }: Report, open: (date: string) => void): HTMLElement {
  const grid = element('div', { class: 'calendar' });
  for (const name of WEEKDAYS) grid.append(element('span', { class: 'weekday' }, name));
  let month = '';
  for (const day of days) {
    const title = monthOf(day);
    if (title !== month) grid.append(element('span', { class: 'month' }, title));
    month = title;
    const cell = cellOf(day);
    cell.addEventListener('click', () => {
      open(day.date);
    });
    grid.append(cell);
  }
  return element('section', { class: 'panel' }, element('h2', {}, 'Days'), grid, legend());
}

function cellOf({ date, verdict, outcome }: ReportDay): HTMLElement {
  const cell = element(
    'button',
    {
      class: `day ${verdict}`,
      'data-date': date,
      'aria-pressed': 'false',
      title: `${date}: ${outcome}`,
      'aria-label': `${date}, ${outcome}`,
    },
    String(new Date(date).getUTCDate()),
    element('small', {}, MARKS[verdict]),
  );
  cell.style.gridColumn = String(((new Date(date).getUTCDay() + 6) % 7) + 1);
  return cell;
}

function monthOf({ date }: ReportDay): string {
  return new Date(date).toLocaleDateString('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
}

function legend(): HTMLElement {
  const entries = LEGEND.map(([verdict, label]) => {
    const mark = element('i');
    mark.style.background = `var(--${verdict})`;
    return element('span', {}, mark, label);
  });
  return element('div', { class: 'legend' }, ...entries);
}
