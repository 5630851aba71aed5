import { element } from './element';
import { formatCount, formatSeconds, formatTime } from './format';
import type { Report } from './report';

/** What the report is about, and when it was written. */
export function heading(report: Report): HTMLElement {
  const { pipeline, timeZone, generatedAt, temporalUrl, turniloUrl, firstDay, lastDay } = report;
  const written = formatTime(generatedAt, timeZone);
  return element(
    'header',
    {},
    element('h1', {}, pipeline),
    element(
      'p',
      { class: 'muted' },
      `${firstDay.date} to ${lastDay.date}, days of ${timeZone}; as of ${written} · `,
      element('a', { href: temporalUrl }, 'Temporal UI'),
      ...(turniloUrl ? [' · ', element('a', { href: turniloUrl }, 'Turnilo')] : []),
    ),
  );
}

/** The figures of all days together. */
export function figures({ days, daysToRepair }: Report): HTMLElement {
  const counts = days.flatMap(({ reconciled }) => (reconciled === undefined ? [] : [reconciled.counts]));
  const total = (key: 'written' | 'filtered' | 'duplicates' | 'quarantined'): string =>
    formatCount(counts.reduce((sum, count) => sum + count[key], 0));
  const replaced = days.filter(({ verdict }) => verdict === 'replaced');
  const median = medianOf(replaced.flatMap(({ seconds }) => (seconds === undefined ? [] : [seconds])));
  return element(
    'div',
    { class: 'figures' },
    figure(`${formatCount(replaced.length)} of ${formatCount(days.length)}`, 'days replaced'),
    figure(formatCount(daysToRepair.length), daysToRepair.length === 1 ? 'day needs you' : 'days need you'),
    figure(total('written'), 'exact rows'),
    figure(total('filtered'), 'filtered by the transform'),
    figure(total('duplicates'), 'duplicates removed'),
    figure(total('quarantined'), 'quarantined'),
    figure(median === undefined ? '–' : formatSeconds(median), 'median run'),
  );
}

function figure(value: string, label: string): HTMLElement {
  return element('div', { class: 'figure' }, element('strong', {}, value), element('span', { class: 'muted' }, label));
}

function medianOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
