import { boundOf, CHECK_TITLES, worstOf, type CheckedDay } from '../../../domain/checked-day';
import { element } from './element';
import { formatCount } from './format';

/** A table with a line for each check of the pipeline. */
export function checkTable(checks: readonly CheckedDay[]): HTMLElement {
  return element(
    'table',
    { class: 'checks' },
    element('thead', {}, element('tr', {}, ...CHECK_TITLES.map((title) => element('th', {}, title)))),
    element('tbody', {}, ...checks.map(checkLine)),
  );
}

function checkLine(check: CheckedDay): HTMLElement {
  const { name, wrong, allowed, where } = check;
  return element(
    'tr',
    { class: wrong > allowed ? 'unequal' : undefined },
    ...[name, formatCount(wrong), boundOf(check), worstOf(check), where].map((text) => element('td', {}, text)),
  );
}
