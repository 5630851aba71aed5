import * as z from 'zod';
import { constantOffsets, type Interval } from '../business-date';
import { wrapped } from '../day-figures';
import { outputTimeColumnOf, type OutputColumn, type Pipeline } from '../pipeline';
import type { RolledUpFigures } from '../rolled-up-figures';
import { countMetricOf, isSketch, valueMetricsOf, type Rollup, type SketchMetric, type ValueMetric } from '../rollup';
import { countedSql, fromSql, integerOf, numberSql, typedSql, type RowSource } from './day-queries';
import { dimensionsOf } from './data-schema';
import { sqlName } from './quoting';

/** The output columns that rolled-up rows still have: the time, cut, and the dimensions. */
export function groupColumnsOf(pipeline: Pipeline, columns: readonly OutputColumn[]): OutputColumn[] {
  const time = outputTimeColumnOf(pipeline);
  return [...columns.filter(({ name }) => name === time), ...dimensionsOf(pipeline, columns)];
}

/** Druid SQL of the number of stored rows and of the events that they count. */
export function eventsQuery(rollup: Rollup, source: RowSource, { isCounted }: { readonly isCounted: boolean }): string {
  // A row that was stored before the pipeline rolled up is one event.
  const events = isCounted ? `SUM(COALESCE(${sqlName(countMetricOf(rollup))}, 1))` : 'COUNT(*)';
  return `SELECT COUNT(*) AS "stored", COALESCE(${events}, 0) AS "events" ${fromSql(source)}`;
}

export const eventsRow = z.object({ stored: z.number(), events: z.number() });

export interface RolledUpQuery {
  readonly query: string;
  /** What is in the only row of the answer. */
  readonly figures: (row: Readonly<Record<string, unknown>>) => ServedFigures;
}

export interface ServedFigures extends RolledUpFigures {
  /** How many rows Druid has for the events. */
  readonly stored: number;
}

const count = z.number();
/** As text, since a sum has more digits than JavaScript's numbers. Null for no values. */
const text = z.string().nullable();

/**
 * Druid SQL of the figures of rolled-up rows; each counts as often as it has events. Druid's own sums of integers are
 * modulo 2^64.
 */
export function rolledUpQuery(
  pipeline: Pipeline,
  rollup: Rollup,
  columns: readonly OutputColumn[],
  source: RowSource,
): RolledUpQuery {
  const groups = groupColumnsOf(pipeline, columns);
  const time = outputTimeColumnOf(pipeline);
  const events = typedSql({ name: countMetricOf(rollup), type: 'BIGINT' });
  const metrics = valueMetricsOf(rollup);
  const selected = [
    'COUNT(*) AS r',
    `COALESCE(SUM(${events}), 0) AS e`,
    ...groups.flatMap((column, index) => {
      const number = column.name === time ? localMilliseconds(pipeline, source.intervals) : numberSql(column, time);
      const isThere = column.name === time ? '__time IS NOT NULL' : `${countedSql(column)} IS NOT NULL`;
      return [
        `COALESCE(SUM(${events}) FILTER (WHERE ${isThere}), 0) AS n${index}`,
        `CAST(SUM(${number} * ${events}) AS VARCHAR) AS s${index}`,
      ];
    }),
    ...metrics.map((metric, index) => `CAST(${aggregateSql(metric)} AS VARCHAR) AS m${index}`),
  ];
  return {
    query: `SELECT ${selected.join(', ')} ${fromSql(source)}`,
    figures: (row) => ({
      stored: count.parse(row['r']),
      rows: count.parse(row['e']),
      columns: groups.map(({ name }, index) => ({
        name,
        values: count.parse(row[`n${index}`]),
        sum: wrapped(integerOf(text.parse(row[`s${index}`]), name)),
      })),
      metrics: metrics.map(({ name, type }, index) => {
        const value = text.parse(row[`m${index}`]);
        return { name, value: value !== null && type.startsWith('double') ? String(Number(value)) : value, error: 0 };
      }),
    }),
  };
}

/** A metric that can be added up over stored rows. */
export type ExactMetric = Exclude<ValueMetric, SketchMetric>;

/** The metrics that a proof by groups compares, in order: no sketches. */
export function exactMetricsOf(rollup: Rollup): readonly ExactMetric[] {
  return valueMetricsOf(rollup).filter((metric) => !isSketch(metric));
}

/**
 * Druid SQL of the stored rows: the cut time as `t`, in local milliseconds; the dimensions as `d0`, `d1` …; the events as
 * `e`; the exact metrics as `m0`, `m1` …. Doubles are text, since JSON has none that are infinite.
 */
export function storedRowsQuery(
  pipeline: Pipeline,
  rollup: Rollup,
  columns: readonly OutputColumn[],
  source: RowSource,
): string {
  const selected = [
    `${localMilliseconds(pipeline, source.intervals)} AS t`,
    `${typedSql({ name: countMetricOf(rollup), type: 'BIGINT' })} AS e`,
    ...dimensionsOf(pipeline, columns).map((column, index) => `${typedSql(column)} AS d${index}`),
    ...exactMetricsOf(rollup).map(({ name, type }, index) =>
      type.startsWith('long')
        ? `${typedSql({ name, type: 'BIGINT' })} AS m${index}`
        : `CAST(${typedSql({ name, type: 'DOUBLE' })} AS VARCHAR) AS m${index}`,
    ),
  ];
  return `SELECT ${selected.join(', ')} ${fromSql(source)}`;
}

/** Over the stored rows, the same as over the events. */
function aggregateSql(metric: ValueMetric): string {
  const { name } = metric;
  const isLong = metric.type.startsWith('long');
  const column = isSketch(metric) ? sqlName(name) : typedSql({ name, type: isLong ? 'BIGINT' : 'DOUBLE' });
  switch (metric.type) {
    case 'longSum':
    case 'doubleSum':
      return `SUM(${column})`;
    case 'longMin':
    case 'doubleMin':
      return `MIN(${column})`;
    case 'longMax':
    case 'doubleMax':
      return `MAX(${column})`;
    case 'hll':
      return `APPROX_COUNT_DISTINCT_DS_HLL(${column}, ${metric.lgK})`;
    case 'theta':
      return `APPROX_COUNT_DISTINCT_DS_THETA(${column}, ${metric.size})`;
  }
}

/** Local time as if it were of UTC, as the batch counts it. */
function localMilliseconds({ timeZone }: Pipeline, intervals: readonly Interval[]): string {
  const parts = intervals.flatMap((interval) => constantOffsets(interval, timeZone));
  const [last = 0] = parts.map(({ aheadMilliseconds }) => aheadMilliseconds).slice(-1);
  const others = parts.filter(({ aheadMilliseconds }) => aheadMilliseconds !== last);
  const cases = others.map(
    ({ end, aheadMilliseconds }) => `WHEN __time < MILLIS_TO_TIMESTAMP(${Date.parse(end)}) THEN ${aheadMilliseconds}`,
  );
  const ahead = cases.length === 0 ? `${last}` : `CASE ${cases.join(' ')} ELSE ${last} END`;
  return `(TIMESTAMP_TO_MILLIS(__time) + ${ahead})`;
}
