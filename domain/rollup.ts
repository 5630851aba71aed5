import { tzOffset } from '@date-fns/tz';
import * as z from 'zod';
import { clockChanges } from './clock-changes';
import type { OutputType } from './column-types';
import { columnName } from './event-columns';

const MINUTE = 60_000;

/** What __time is cut to, in milliseconds. None is longer than an hour: gate and proof compare hours. */
const GRANULARITIES = {
  NONE: 1,
  SECOND: 1_000,
  MINUTE,
  FIVE_MINUTE: 5 * MINUTE,
  TEN_MINUTE: 10 * MINUTE,
  FIFTEEN_MINUTE: 15 * MINUTE,
  THIRTY_MINUTE: 30 * MINUTE,
  HOUR: 60 * MINUTE,
} as const;
export type QueryGranularity = keyof typeof GRANULARITIES;
export const QUERY_GRANULARITIES = Object.keys(GRANULARITIES) as readonly QueryGranularity[];

/** The types of output columns that each metric may aggregate. */
const INPUTS = {
  longSum: ['BIGINT'],
  longMin: ['BIGINT'],
  longMax: ['BIGINT'],
  doubleSum: ['DOUBLE', 'BIGINT'],
  doubleMin: ['DOUBLE', 'BIGINT'],
  doubleMax: ['DOUBLE', 'BIGINT'],
  hll: ['VARCHAR', 'BIGINT'],
  theta: ['VARCHAR', 'BIGINT'],
} as const satisfies Readonly<Record<string, readonly OutputType[]>>;

/** Types by whose values rows are grouped. */
const DIMENSION_TYPES: readonly OutputType[] = ['VARCHAR', 'BIGINT', 'DOUBLE', 'BOOLEAN'];

const named = { name: columnName };
const ofColumn = { ...named, column: columnName };
const metric = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ ...named, type: z.literal('count') }),
    z.strictObject({ ...ofColumn, type: z.literal('longSum') }),
    z.strictObject({ ...ofColumn, type: z.literal('longMin') }),
    z.strictObject({ ...ofColumn, type: z.literal('longMax') }),
    z.strictObject({ ...ofColumn, type: z.literal('doubleSum') }),
    z.strictObject({ ...ofColumn, type: z.literal('doubleMin') }),
    z.strictObject({ ...ofColumn, type: z.literal('doubleMax') }),
    z.strictObject({
      ...ofColumn,
      type: z.literal('hll'),
      lgK: z.int().min(8).max(21).default(12).describe('The binary logarithm of the number of buckets.'),
    }),
    z.strictObject({
      ...ofColumn,
      type: z.literal('theta'),
      size: z
        .int()
        .min(1024)
        .max(2 ** 20)
        .refine((size) => Number.isInteger(Math.log2(size)), 'a power of two')
        .default(16_384)
        .describe('How many hashes it keeps, a power of two. Up to as many values it is exact.'),
    }),
  ],
  { error: `one of count, ${Object.keys(INPUTS).join(', ')}` },
);
export type Metric = z.infer<typeof metric>;
export type ValueMetric = Exclude<Metric, { readonly type: 'count' }>;
export type SketchMetric = Extract<Metric, { readonly type: 'hll' | 'theta' }>;

/** `druid.rollup` of pipeline.yaml. */
export const rollupSetting = z.strictObject({
  queryGranularity: z
    .enum(QUERY_GRANULARITIES)
    .default('MINUTE')
    .describe("What __time is cut to, by the clocks of the pipeline's zone. NONE keeps its milliseconds."),
  dimensions: z
    .array(columnName)
    // Druid takes an empty list for all columns.
    .min(1)
    .describe('Output columns that Druid keeps. Rows that are equal in them and in the cut time become one.'),
  metrics: z
    .array(metric)
    .default([])
    .describe(
      'What Druid keeps of the others: name, type and column. A count of the events is always there; name it with the type count. Default: count alone.',
    ),
});
export type Rollup = z.infer<typeof rollupSetting>;

const COUNT: Metric = { name: 'count', type: 'count' };

/** The metrics that Druid stores, in order. The count of the events is always among them. */
export function metricsOf({ metrics }: Rollup): readonly Metric[] {
  return metrics.some(({ type }) => type === 'count') ? metrics : [COUNT, ...metrics];
}

/** The metrics of a column's values, in order. */
export function valueMetricsOf({ metrics }: Rollup): readonly ValueMetric[] {
  return metrics.filter((one) => one.type !== 'count');
}

/** The name of the metric that counts the events. */
export function countMetricOf(rollup: Rollup): string {
  return (metricsOf(rollup).find(({ type }) => type === 'count') ?? COUNT).name;
}

export function isSketch(metric: Metric): metric is SketchMetric {
  return metric.type === 'hll' || metric.type === 'theta';
}

/** In milliseconds; 1 for NONE. */
export function granularityMilliseconds({ queryGranularity }: Rollup): number {
  return GRANULARITIES[queryGranularity];
}

export interface RollupFault {
  /** Below druid.rollup. */
  readonly path: (string | number)[];
  /** What is accepted there. */
  readonly message: string;
}

const [FIRST, LAST] = [Date.UTC(2020, 0, 1), Date.UTC(2040, 0, 1)];

/**
 * Those by which Druid cuts no time into the local hour before, in these years. It cuts to an hour by the clocks as they
 * are at the time that it cuts, and to several minutes by those of UTC.
 */
function granularitiesIn(timeZone: string): QueryGranularity[] {
  const changes = clockChanges(timeZone, FIRST, LAST).map(({ before, after }) => after - before);
  const ahead = tzOffset(timeZone, new Date(FIRST)) * MINUTE;
  return QUERY_GRANULARITIES.filter((name) =>
    [name === 'HOUR' ? 0 : ahead, ...changes].every((shift) => shift % GRANULARITIES[name] === 0),
  );
}

/** What contradicts itself, or the zone of the pipeline. */
export function rollupFaults(rollup: Rollup, timeZone: string): RollupFault[] {
  const { queryGranularity, dimensions, metrics } = rollup;
  const found: RollupFault[] = [];
  const fitting = granularitiesIn(timeZone);
  if (!fitting.includes(queryGranularity)) {
    const message = `one of ${fitting.join(', ')}: by the clocks of ${timeZone}, Druid would cut times of ${queryGranularity} into the hour before`;
    found.push({ path: ['queryGranularity'], message });
  }
  const counts = metrics.flatMap(({ type }, index) => (type === 'count' ? [index] : []));
  for (const index of counts.slice(1)) found.push({ path: ['metrics', index, 'type'], message: 'one count at most' });
  const names = new Set(['__time']);
  const claim = (name: string, path: RollupFault['path']): void => {
    if (names.has(name.toLowerCase())) {
      found.push({ path, message: 'a name that no dimension and no other metric has, in upper or lower case' });
    }
    names.add(name.toLowerCase());
  };
  dimensions.forEach((name, index) => {
    claim(name, ['dimensions', index]);
  });
  if (counts.length === 0) claim(COUNT.name, ['metrics']);
  metrics.forEach(({ name }, index) => {
    claim(name, ['metrics', index, 'name']);
  });
  return found;
}

/** The columns that a setting may name. */
export interface ColumnFault {
  /** Below druid.rollup, such as 'metrics.0.column'. */
  readonly setting: string;
  readonly column: string;
  readonly accepted: string;
}

/**
 * The first column that is not among those of the output, or is of a type that cannot be used so.
 *
 * @param time the name of the time column, which __time holds.
 */
export function columnFault(
  rollup: Rollup,
  columns: readonly { readonly name: string; readonly type: OutputType }[],
  time: string,
): ColumnFault | undefined {
  const { dimensions, metrics } = rollup;
  const fault = (setting: string, column: string, types: readonly OutputType[]): ColumnFault[] => {
    const fitting = columns.filter(({ name, type }) => name !== time && types.includes(type));
    if (fitting.some(({ name }) => name === column)) return [];
    const names = fitting.map(({ name }) => name);
    return [
      {
        setting,
        column,
        accepted: `a column of ${types.join(' or ')} other than the time${names.length === 0 ? ', of which there is none' : `: ${names.join(', ')}`}`,
      },
    ];
  };
  return [
    ...dimensions.flatMap((column, index) => fault(`dimensions.${index}`, column, DIMENSION_TYPES)),
    ...metrics.flatMap((one, index) =>
      one.type === 'count' ? [] : fault(`metrics.${index}.column`, one.column, INPUTS[one.type]),
    ),
  ].at(0);
}
