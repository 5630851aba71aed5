import type { CheckedDay } from '../../../domain/row-checks';
import { element } from './element';
import { formatCount } from './format';

/** A table with a line for each check of the pipeline. */
export function checkTable(checks: readonly CheckedDay[]): HTMLElement {
  const titles = ['check', 'wrong', 'at most', 'most in hour', 'where'];
  return element(
    'table',
    { class: 'checks' },
    element('thead', {}, element('tr', {}, ...titles.map((title) => element('th', {}, title)))),
    element('tbody', {}, ...checks.map(checkLine)),
  );
}

function checkLine({ name, wrong, atMost, allowed, worstHour, where }: CheckedDay): HTMLElement {
  const bound = typeof atMost === 'number' ? formatCount(atMost) : `${atMost} = ${formatCount(allowed)}`;
  const worst = worstHour === undefined ? '' : `${worstHour.hour}: ${formatCount(worstHour.wrong)}`;
  return element(
    'tr',
    { class: wrong > allowed ? 'unequal' : undefined },
    ...[name, formatCount(wrong), bound, worst, where].map((text) => element('td', {}, text)),
  );
}
