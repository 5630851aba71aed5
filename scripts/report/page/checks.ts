import { boundOf, CHECK_TITLES, worstOf, type CheckedDay } from '../../../domain/checked-day';
import { formatCount } from './format';
import { dataTable } from './table';

/** A table with a line for each check of the pipeline. */
export function checkTable(checks: readonly CheckedDay[]): HTMLElement {
  const lines = checks.map((check) => {
    const { name, wrong, allowed, where } = check;
    return {
      cells: [name, formatCount(wrong), boundOf(check), worstOf(check), where],
      marked: wrong > allowed ? 'unequal' : undefined,
    };
  });
  return dataTable(CHECK_TITLES, lines, { kind: 'checks' });
}
