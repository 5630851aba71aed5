import type { ReportDay } from '../report-data';
import { checkTable } from './checks';
import { commandLine, element } from './element';
import { formatSeconds, formatTime } from './format';
import { hourChart, hourTable } from './hours';
import type { Report } from './report';

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

function titleOf({ date, verdict, outcome }: ReportDay): HTMLElement {
  const badge = element('span', { class: `badge ${verdict}` }, outcome === 'none' ? 'no run' : outcome);
  return element('h2', {}, `${date} `, badge);
}

function outcomeOf(
  { pipeline, timeZone }: Report,
  { date, reason, remedy, startedAt, seconds, url }: ReportDay,
): Node[] {
  const parts: Node[] = [];
  if (reason) parts.push(element('p', { class: 'reason' }, reason));
  if (remedy) {
    const command = commandLine(`npx daybreak batch run --pipeline ${pipeline} --date ${date}`);
    parts.push(element('p', {}, `→ ${remedy} `, command));
  }
  if (startedAt) {
    const duration = seconds === undefined ? '' : `, ${formatSeconds(seconds)}`;
    const link = element('a', { href: url }, 'in the Temporal UI');
    parts.push(element('p', { class: 'muted' }, `last run ${formatTime(startedAt, timeZone)}`, duration, ' · ', link));
  }
  return parts;
}

function hoursOf({ reconciled }: ReportDay, panelWidth: number): Node[] {
  if (reconciled === undefined) {
    return [
      element('p', { class: 'muted' }, 'The batch has not replaced this day: realtime serves what it has of it.'),
    ];
  }
  const { hours, equation, servedBefore, version, proof, checks } = reconciled;
  return [
    element('p', { class: 'muted' }, `${equation}; ${servedBefore}; segments of version ${version}, proven ${proof}`),
    element('div', {}, hourChart(hours, panelWidth)),
    element('div', { class: 'scroll' }, hourTable(hours)),
    ...(checks.length === 0 ? [] : [element('div', { class: 'scroll' }, checkTable(checks))]),
  ];
}
