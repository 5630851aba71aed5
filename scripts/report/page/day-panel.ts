import { runAgain } from '../../operate/remedies';
import type { ReportDay, ReportRun } from '../report-data';
import { outcomeText } from './calendar';
import { checkTable } from './checks';
import { commandLine, element } from './element';
import { formatCount, formatSeconds, formatTime } from './format';
import { hourChart, hourTable } from './hours';
import { isMissed, whyNoTable, type Report } from './report';

export interface DayPanel {
  readonly section: HTMLElement;
  /** Shows a day. The section must be in the document before, because its chart is as wide as the section. */
  readonly open: (date: string) => void;
}

/** The panel that shows one day: why it failed and what to do, its last run, and its hours. */
export function dayPanel(report: Report): DayPanel {
  const section = element('section', { class: 'panel', id: 'day', 'aria-live': 'polite' });
  const open = (date: string): void => {
    const day = report.days.find((one) => one.date === date);
    if (day === undefined) return;
    for (const cell of document.querySelectorAll<HTMLElement>('.day')) {
      cell.setAttribute('aria-pressed', String(cell.dataset['date'] === date));
    }
    section.replaceChildren(titleOf(day), ...outcomeOf(report, day), ...hoursOf(day, section.clientWidth));
  };
  return { section, open };
}

function titleOf(day: ReportDay): HTMLElement {
  const { date, verdict } = day;
  const badge = element('span', { class: `badge ${isMissed(day) ? 'missed' : verdict}` }, outcomeText(day));
  return element('h2', {}, `${date} `, badge);
}

function outcomeOf({ pipeline, timeZone }: Report, day: ReportDay): Node[] {
  const { date, reason, remedy, runs, notRead, restore } = day;
  const parts: Node[] = [];
  const run = commandLine(runAgain(pipeline, date, restore));
  if (isMissed(day)) parts.push(element('p', {}, 'The day has files, and no run built it → ', run));
  if (notRead) parts.push(element('p', { class: 'reason', role: 'alert' }, notRead));
  if (reason) parts.push(element('p', { class: 'reason' }, reason));
  if (remedy) {
    parts.push(element('p', {}, `→ ${remedy} `, run));
  }
  const [last, ...earlier] = runs;
  if (last !== undefined) parts.push(element('p', { class: 'muted' }, 'last run ', ...runText(last, timeZone)));
  if (earlier.length > 0) {
    const lines = earlier.map((one) => element('li', {}, one.outcome, ', ', ...runText(one, timeZone)));
    const title = earlier.length === 1 ? 'one earlier run' : `${formatCount(earlier.length)} earlier runs`;
    parts.push(element('details', { class: 'muted' }, element('summary', {}, title), element('ul', {}, ...lines)));
  }
  return parts;
}

function runText({ startedAt, seconds, url }: ReportRun, timeZone: string): (Node | string)[] {
  const duration = seconds === undefined ? '' : `, ${formatSeconds(seconds)}`;
  return [formatTime(startedAt, timeZone), duration, ' · ', element('a', { href: url }, 'in the Temporal UI')];
}

function hoursOf(day: ReportDay, panelWidth: number): Node[] {
  const { reconciled, notRead } = day;
  // The reason why the stored result cannot be read stands above.
  if (reconciled === undefined) return notRead ? [] : [element('p', { class: 'muted' }, whyNoTable(day))];
  const { hours, equation, servedBefore, version, proof, checks } = reconciled;
  const segments = version === '' ? 'no segment' : `segments of version ${version}`;
  return [
    element('p', { class: 'muted' }, `${equation}; ${servedBefore}; ${segments}, proven ${proof}`),
    hourChart(hours, day, panelWidth),
    ...hourTable(hours, day),
    ...(checks.length === 0 ? [] : [checkTable(checks)]),
  ];
}
