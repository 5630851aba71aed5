import { keysOf } from '../keys-of';

/** What is measured while the soak runs, by what it is called in its figures. */
export const MEASURES = {
  memory: 'memory of the worker, MiB',
  handles: 'file handles of the worker',
  lag: 'events that the speed layer has not read',
  druidLag: 'rows that Druid has not read',
  history: 'events in the history of the speed layer',
  historyKibibytes: 'size of that history, KiB',
  segments: 'segments that Druid serves of the stream’s days',
  backfill: 'seconds that the last backfill took',
} as const;
export type Measure = keyof typeof MEASURES;

/**
 * They grow as they should: each cut adds segments, and a history grows until the workflow continues as new, about twice
 * a day. They are drawn, and `trends` does not say whether they grow.
 */
const NOT_JUDGED: readonly Measure[] = ['segments', 'history', 'historyKibibytes'];
/** A shorter run has too few values to say what grows. */
export const JUDGED_MINUTES = 30;

/** At `minute` minutes from the start. A measure is absent if there was no answer, or nothing to measure yet. */
export type Sample = { readonly minute: number } & { readonly [measure in Measure]?: number };

export interface Trend {
  readonly measure: Measure;
  /** The medians of the second and of the last third of the soak. */
  readonly middle: number;
  readonly last: number;
  /** How far the middle half of the second third’s values reaches. */
  readonly spread: number;
  /** Whether `last` is above `middle` by more than the spread and 2 %. Absent for a measure of NOT_JUDGED. */
  readonly grows?: boolean;
}

/** A steady leak moves the median from one third to the next by twice the spread of a third. */
export function trends(samples: readonly Sample[]): Trend[] {
  const length = samples.at(-1)?.minute ?? 0;
  return measures().flatMap((measure) => {
    const between = (from: number, to: number): number[] =>
      samples
        .filter(({ minute }) => minute > length * from && minute <= length * to)
        .flatMap((sample) => sample[measure] ?? [])
        .sort((one, other) => one - other);
    const [second, third] = [between(1 / 3, 2 / 3), between(2 / 3, 1)];
    if (second.length === 0 || third.length === 0) return [];
    const [middle, last] = [at(second, 0.5), at(third, 0.5)];
    const spread = at(second, 0.75) - at(second, 0.25);
    const grows = last - middle > Math.max(spread, NEGLIGIBLE * middle);
    return [{ measure, middle, last, spread, ...(!NOT_JUDGED.includes(measure) && { grows }) }];
  });
}

const NEGLIGIBLE = 0.02;

export const measures = (): Measure[] => keysOf(MEASURES);

/** @param sorted not empty. */
const at = (sorted: readonly number[], share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
