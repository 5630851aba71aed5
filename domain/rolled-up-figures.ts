import { firstDifference, type HourFigures } from './day-figures';
import type { SketchMetric } from './rollup';

/** What an hour's events have in one metric. */
export interface MetricFigures {
  readonly name: string;
  /** As decimal text, or null for no values. */
  readonly value: string | null;
  /** How far the value of the same events may be from this one if it is computed in another way. 0 if it is exact. */
  readonly error: number;
}

/** The figures of an hour's events: `rows` is their number, and `columns` are the time and the dimensions. */
export interface RolledUpFigures extends HourFigures {
  /** In the order of the metrics, without the count. */
  readonly metrics: readonly MetricFigures[];
}

/** 2^-52: what two roundings of a double may be apart, for a value of 1. */
const EPSILON = Number.EPSILON;

/**
 * How far two sums of the same doubles may be apart, whatever their order is: each addition rounds. Infinity if one of them
 * can overflow.
 *
 * @param magnitude the sum of their absolute values; not finite if it overflows.
 */
export function sumError(values: number, magnitude: number): number {
  return Number.isFinite(magnitude) ? values * EPSILON * magnitude : Infinity;
}

/** Beyond so many standard errors a sketch is in one of two million hours. */
const STANDARD_ERRORS = 5;

/** How far a sketch's estimate of so many distinct values may be from them. */
export function sketchError(sketch: SketchMetric, distinct: number): number {
  if (sketch.type === 'theta') {
    return distinct < sketch.size ? 0 : (STANDARD_ERRORS / Math.sqrt(sketch.size - 1)) * distinct;
  }
  const buckets = 2 ** sketch.lgK;
  // So few values are kept as hashes of 26 bits, of which two are seldom equal.
  return distinct <= buckets / 16 ? 1 : ((STANDARD_ERRORS * 1.04) / Math.sqrt(buckets)) * distinct;
}

/** Druid's figures, where what is within the error of the batch's has the batch's value. They are equal if all agree. */
export function agreed(druid: RolledUpFigures, batch: RolledUpFigures): RolledUpFigures {
  return { ...druid, metrics: druid.metrics.map((one, index) => agreedMetric(one, batch.metrics[index])) };
}

function agreedMetric(druid: MetricFigures, batch: MetricFigures | undefined): MetricFigures {
  return batch !== undefined && isWithin(druid, batch) ? batch : druid;
}

function isWithin({ value }: MetricFigures, { value: exact, error }: MetricFigures): boolean {
  if (value === exact) return true;
  if (value === null || exact === null) return false;
  // What overflowed may be infinite or no number, so that it has no distance.
  return error === Infinity || Math.abs(Number(value) - Number(exact)) <= error;
}

/** What differs first, for people; undefined if all figures agree. */
export function firstRolledUpDifference(druid: RolledUpFigures, batch: RolledUpFigures): string | undefined {
  const difference = firstDifference(druid, batch, 'events');
  if (difference !== undefined) return difference;
  const different = batch.metrics.find((one, index) => {
    const served = druid.metrics[index];
    return served === undefined || !isWithin(served, one);
  });
  if (different === undefined) return undefined;
  const { name, value, error } = different;
  const served = druid.metrics.find((one) => one.name === name)?.value ?? 'nothing';
  const within = error === 0 ? '' : `, which may be ${error.toPrecision(3)} off`;
  return `the metric ${name} is ${served} in Druid, and ${value ?? 'nothing'} over the batch's rows${within}`;
}
