import { createDruidClient } from '../../../clients/druid';
import { businessDateOf, type BusinessDate } from '../../../domain/business-date';
import { laterSeal } from '../../../domain/druid/supervisor-spec';
import { DaybreakError } from '../../../domain/errors';
import type { Pipeline } from '../../../domain/pipeline';
import type { Config } from '../../../worker/config';
import { runAgain } from '../remedies';

/** Before which instant Druid's realtime drops rows: null where nothing is sealed; undefined where Druid does not answer. */
export type SealedUntil = string | null | undefined;

/** The letters of one day. */
export interface LettersOfDay {
  /** Local; null where the event has no time that can be read. */
  readonly date: BusinessDate | null;
  readonly letters: number;
  /** Whether realtime drops them, so that they are served once the day is recomputed; null where that is not known. */
  readonly sealed: boolean | null;
}

/** The latest seal that the supervisor ever had, since it holds on for the next one of its name. */
export async function sealedUntil(config: Config, { druid: { datasource } }: Pipeline): Promise<SealedUntil> {
  try {
    const seals = await createDruidClient(config.druid).supervisors.seals(datasource);
    return seals.reduce<string | undefined>(laterSeal, undefined) ?? null;
  } catch (thrown) {
    if (thrown instanceof DaybreakError && thrown.code === 'DRUID_UNREACHABLE') return undefined;
    throw thrown;
  }
}

/** Counts events by day, earliest first, those without a time last. */
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

/** The commands that recompute the sealed ones of the days, one a day. */
export function recomputes(pipeline: string, days: readonly LettersOfDay[]): string[] {
  return days.flatMap(({ date, sealed }) => (date !== null && sealed === true ? [runAgain(pipeline, date)] : []));
}

function isSealed(time: Date | undefined, seal: SealedUntil): boolean | null {
  if (seal === undefined) return null;
  if (seal === null) return false;
  return time === undefined ? null : time < new Date(seal);
}
