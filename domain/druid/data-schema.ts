import type { OutputType } from '../column-types';
import { outputTimeColumnOf, type OutputColumn, type Pipeline } from '../pipeline';
import { metricsOf, type Metric, type QueryGranularity } from '../rollup';
import { timeExpression } from './time';

/**
 * Druid requires a timestampSpec, which knows no time zone. With this column it finds nothing, and a transform fills
 * __time.
 */
const NO_SUCH_COLUMN = '__no_such_column';

/** Names that an output column cannot have: Druid refuses them, or does not read them as columns. */
export const RESERVED_COLUMNS: readonly string[] = ['__time', NO_SUCH_COLUMN];

/** A column as Druid stores it. */
export interface DruidDimension {
  readonly type: 'string' | 'long' | 'double' | 'json' | 'auto';
  readonly name: string;
  /** The type of an array, whatever its values are. */
  readonly castToType?: string;
}

/** A metric as Druid computes it while it loads rows. */
export interface DruidMetric {
  readonly type: Exclude<Metric['type'], 'hll' | 'theta'> | 'HLLSketchBuild' | 'thetaSketch';
  readonly name: string;
  /** The column of the output; absent for a count. */
  readonly fieldName?: string;
  readonly lgK?: number;
  readonly size?: number;
}

/** The part that realtime and batch ingestion share: the same rows must become the same columns in segments. */
export interface DataSchema {
  readonly dataSource: string;
  readonly timestampSpec: { readonly column: string; readonly format: string; readonly missingValue: string };
  readonly transformSpec: { readonly transforms: readonly object[] };
  readonly dimensionsSpec: { readonly dimensions: readonly DruidDimension[] };
  readonly metricsSpec: readonly DruidMetric[];
}

export function dataSchema(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  datasource = pipeline.druid.datasource,
): DataSchema {
  return {
    dataSource: datasource,
    timestampSpec: { column: NO_SUCH_COLUMN, format: 'millis', missingValue: '1970-01-01T00:00:00.000Z' },
    transformSpec: {
      transforms: [{ type: 'expression', name: '__time', expression: timeExpression(pipeline) }],
    },
    dimensionsSpec: {
      dimensions: dimensionsOf(pipeline, columns).map(dimension),
    },
    metricsSpec: pipeline.druid.rollup === undefined ? [] : metricsOf(pipeline.druid.rollup).map(druidMetric),
  };
}

/**
 * The output columns that Druid stores as dimensions, in their order there. __time already holds the time column.
 */
export function dimensionsOf(pipeline: Pipeline, columns: readonly OutputColumn[]): OutputColumn[] {
  const { rollup } = pipeline.druid;
  const others = columns.filter(({ name }) => name !== outputTimeColumnOf(pipeline));
  if (rollup === undefined) return others;
  return rollup.dimensions.flatMap((name) => others.find((column) => column.name === name) ?? []);
}

/** The part of granularitySpec that says what one stored row is. It is the same for realtime and batch, too. */
export function rowGranularity({ timeZone, druid: { rollup } }: Pipeline) {
  if (rollup === undefined) return { queryGranularity: { type: 'none' }, rollup: false };
  return { queryGranularity: queryGranularity(rollup.queryGranularity, timeZone), rollup: true };
}

/** By the clocks of the zone. In the form in which Druid stores it: any other would look like a spec that somebody changed. */
function queryGranularity(name: QueryGranularity, timeZone: string): string | object {
  if (name === 'NONE') return { type: 'none' };
  return timeZone === 'UTC' ? name : { type: 'period', period: PERIODS[name], timeZone };
}

const PERIODS: Readonly<Record<Exclude<QueryGranularity, 'NONE'>, string>> = {
  SECOND: 'PT1S',
  MINUTE: 'PT1M',
  FIVE_MINUTE: 'PT5M',
  TEN_MINUTE: 'PT10M',
  FIFTEEN_MINUTE: 'PT15M',
  THIRTY_MINUTE: 'PT30M',
  HOUR: 'PT1H',
};

function druidMetric(metric: Metric): DruidMetric {
  const { name, type } = metric;
  switch (type) {
    case 'count':
      return { type, name };
    case 'hll':
      return { type: 'HLLSketchBuild', name, fieldName: metric.column, lgK: metric.lgK };
    case 'theta':
      return { type: 'thetaSketch', name, fieldName: metric.column, size: metric.size };
    case 'longSum':
    case 'longMin':
    case 'longMax':
    case 'doubleSum':
    case 'doubleMin':
    case 'doubleMax':
      return { type, name, fieldName: metric.column };
  }
}

/** A column that the segments of a datasource have. */
export interface StoredColumn {
  readonly name: string;
  /** What the batch wrote: a type of the output, or of a metric. */
  readonly written: string;
  /** The type in a segment, as Druid tells it. */
  readonly stored: string;
}

/** The dimensions and the metrics. */
export function storedColumnsOf(pipeline: Pipeline, columns: readonly OutputColumn[]): StoredColumn[] {
  const dimensions = dimensionsOf(pipeline, columns).map(({ name, type }) => {
    return { name, written: type, stored: segmentType(type) };
  });
  const { rollup } = pipeline.druid;
  if (rollup === undefined) return dimensions;
  return [
    ...dimensions,
    ...metricsOf(rollup).map(({ name, type }) => ({ name, written: type, stored: METRIC_TYPES[type] })),
  ];
}

/**
 * The output columns as the rows in these segments are read, whatever version of the pipeline they are of: a column that
 * a segment has in another type is read as JSON, which any value can be.
 */
export function columnsAsStored(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  segments: readonly SegmentTypes[],
): OutputColumn[] {
  const expected = new Map(storedColumnsOf(pipeline, columns).map(({ name, stored }) => [name, stored]));
  const isOther = ({ name }: OutputColumn): boolean =>
    segments.some(
      (types) => expected.has(name) && (types[name]?.typeSignature ?? expected.get(name)) !== expected.get(name),
    );
  return columns.map((column) => (isOther(column) ? { ...column, type: 'JSON' } : column));
}

/**
 * The types in which these segments have a JSON column; none if all have it as COMPLEX<json>. Druid chooses another where
 * no value of the segment is an object, or a list with an object or a list in it, and converts the values to it: to LONG,
 * for example, if all are whole numbers or booleans.
 */
export function convertedTo(name: string, segments: readonly SegmentTypes[]): readonly string[] {
  const types = [...new Set(segments.flatMap((columns) => columns[name]?.typeSignature ?? []))];
  return types.some((type) => type !== segmentType('JSON')) ? types : [];
}

/** The types of a segment's columns by name, as Druid tells them. */
export type SegmentTypes = Readonly<Record<string, { readonly typeSignature: string }>>;

const METRIC_TYPES: Readonly<Record<Metric['type'], string>> = {
  count: 'LONG',
  longSum: 'LONG',
  longMin: 'LONG',
  longMax: 'LONG',
  doubleSum: 'DOUBLE',
  doubleMin: 'DOUBLE',
  doubleMax: 'DOUBLE',
  hll: 'COMPLEX<HLLSketch>',
  theta: 'COMPLEX<thetaSketch>',
};

function segmentType(type: OutputType): string {
  const druidType = DRUID_TYPES[type];
  if (typeof druidType !== 'string') return druidType.array;
  return druidType === 'json' ? 'COMPLEX<json>' : druidType.toUpperCase();
}

function dimension({ name, type }: OutputColumn): DruidDimension {
  const druidType = DRUID_TYPES[type];
  return typeof druidType === 'string'
    ? { type: druidType, name }
    : { type: 'auto', name, castToType: druidType.array };
}

/** Druid has no type for true and false: it stores 1 and 0. */
const DRUID_TYPES: Readonly<Record<OutputType, DruidDimension['type'] | { readonly array: string }>> = {
  VARCHAR: 'string',
  BIGINT: 'long',
  DOUBLE: 'double',
  BOOLEAN: 'long',
  JSON: 'json',
  'VARCHAR[]': { array: 'ARRAY<STRING>' },
  'BIGINT[]': { array: 'ARRAY<LONG>' },
  'DOUBLE[]': { array: 'ARRAY<DOUBLE>' },
  'BOOLEAN[]': { array: 'ARRAY<LONG>' },
};
