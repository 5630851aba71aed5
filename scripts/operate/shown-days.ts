import { businessDateOf, datesBetween, shiftDate, type BusinessDate } from '../../domain/business-date';
import { DaybreakError } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';

const DEFAULT_DAYS = 42;

/**
 * The days that a command shows, in order: by default the last six weeks, up to yesterday. Throws BAD_DATE for a range
 * that ends before it begins.
 */
export function shownDays(
  { timeZone }: Pipeline,
  { from, to }: { readonly from?: BusinessDate; readonly to?: BusinessDate },
): BusinessDate[] {
  const last = to ?? shiftDate(businessDateOf(new Date(), timeZone), -1);
  const first = from ?? shiftDate(last, 1 - DEFAULT_DAYS);
  if (first > last) {
    throw new DaybreakError('BAD_DATE', { what: `${last} is before ${first}`, remedy: 'Give the earlier day first.' });
  }
  return datesBetween(first, last);
}
