import type { ReportDay } from '../report-data';
import { commandLine, element } from './element';
import { formatCount } from './format';
import type { Report } from './report';

/**
 * The days that need somebody, the latest first, each with its remedy. `open` is called with the date of a clicked day.
 */
export function attention(report: Report, open: (date: string) => void): HTMLElement {
  const entries = report.daysToRepair.toReversed().map((day) => entryOf(day, open));
  return element(
    'section',
    { class: 'panel' },
    element('h2', {}, 'What needs you'),
    entries.length === 0
      ? element('p', {}, 'Nothing: every day that ran was replaced, with proof.')
      : element('ul', { class: 'attention' }, ...entries),
    daysWithoutRun(report),
  );
}

function entryOf({ date, verdict, outcome, remedy = '' }: ReportDay, open: (date: string) => void): HTMLElement {
  const button = element('button', {}, date);
  button.addEventListener('click', () => {
    open(date);
  });
  const badge = element('span', { class: `badge ${verdict}` }, outcome);
  return element('li', {}, button, ' ', badge, element('p', {}, `→ ${remedy}`));
}

function daysWithoutRun({ pipeline, days, firstDay, lastDay }: Report): HTMLElement | undefined {
  const missing = days.filter(({ verdict }) => verdict === 'none').length;
  if (missing === 0) return undefined;
  return element(
    'p',
    { class: 'muted' },
    `${formatCount(missing)} days have no run: `,
    commandLine(`npx daybreak backfill --pipeline ${pipeline} --from ${firstDay.date} --to ${lastDay.date}`),
  );
}
