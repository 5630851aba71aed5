import type { ReportDay, Verdict } from '../report-data';
import { colours } from './colours';
import { element } from './element';
import { isMissed, type Report } from './report';

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
const LEGEND = [
  ['var(--replaced)', 'replaced, proven'],
  ['var(--refused)', 'refused or cancelled'],
  ['var(--failed)', 'failed'],
  ['var(--running)', 'running'],
  ['var(--missed)', 'files, no run'],
  ['var(--none)', 'no run'],
] as const;

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
  return element('section', { class: 'panel' }, element('h2', {}, 'Days'), grid, colours(LEGEND));
}

function cellOf(day: ReportDay): HTMLElement {
  const { date, verdict } = day;
  const shown = outcomeText(day);
  const cell = element(
    'button',
    {
      class: `day ${isMissed(day) ? 'missed' : verdict}`,
      'data-date': date,
      'aria-pressed': 'false',
      title: `${date}: ${shown}`,
      'aria-label': `${date}, ${shown}`,
    },
    String(new Date(date).getUTCDate()),
    element('small', {}, isMissed(day) ? 'no run' : MARKS[verdict]),
  );
  cell.style.gridColumn = String(((new Date(date).getUTCDay() + 6) % 7) + 1);
  return cell;
}

/** How the day's last run ended, or that there was none. */
export function outcomeText({ outcome, hasFiles }: ReportDay): string {
  if (outcome !== 'none') return outcome;
  return hasFiles === undefined ? 'no run' : hasFiles ? 'files, no run' : 'no files, no run';
}

function monthOf({ date }: ReportDay): string {
  return new Date(date).toLocaleDateString('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
}
