import { businessDateOf, type BusinessDate } from '../../../domain/business-date';
import type { Pipeline } from '../../../domain/pipeline';
import { runAgain } from '../remedies';
import type { SealedUntil } from './sealed-until';

/** The letters of one day. */
export interface LettersOfDay {
  /** The local day; null if the event has no readable time. */
  readonly date: BusinessDate | null;
  readonly letters: number;
  /**
   * Whether realtime drops them. If so, Druid serves them only after the day is recomputed. Null if that is not known.
   */
  readonly sealed: boolean | null;
}

/** Counts events by day, earliest first. Events without a time come last. */
export function lettersByDay(
  times: Iterable<Date | undefined>,
  { timeZone }: Pipeline,
  seal: SealedUntil,
): LettersOfDay[] {
  const days = new Map<string, LettersOfDay>();
  for (const time of times) {
    const date = time === undefined ? null : businessDateOf(time, timeZone);
    const sealed = isSealed(time, seal);
    const key = `${date ?? '~'} ${sealed}`;
    days.set(key, { date, sealed, letters: (days.get(key)?.letters ?? 0) + 1 });
  }
  return [...days].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, day]) => day);
}

/** The commands that recompute the sealed days, one for each day. */
export function recomputes(pipeline: string, days: readonly LettersOfDay[]): string[] {
  return days.flatMap(({ date, sealed }) => (date !== null && sealed === true ? [runAgain(pipeline, date)] : []));
}

function isSealed(time: Date | undefined, seal: SealedUntil): boolean | null {
  if (seal === undefined) return null;
  if (seal === null) return false;
  return time === undefined ? null : time < new Date(seal);
}
