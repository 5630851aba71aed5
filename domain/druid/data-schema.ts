import type { OutputType } from '../column-types';
import { outputTimeColumnOf, type OutputColumn, type Pipeline } from '../pipeline';
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

/** The part that realtime and batch ingestion share: the same rows must become the same columns in segments. */
export interface DataSchema {
  readonly dataSource: string;
  readonly timestampSpec: { readonly column: string; readonly format: string; readonly missingValue: string };
  readonly transformSpec: { readonly transforms: readonly object[] };
  readonly dimensionsSpec: { readonly dimensions: readonly DruidDimension[] };
  readonly metricsSpec: readonly object[];
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
    metricsSpec: [],
  };
}

/** The output columns that Druid stores in addition to __time, which already holds the time column. */
export function dimensionsOf(pipeline: Pipeline, columns: readonly OutputColumn[]): OutputColumn[] {
  return columns.filter(({ name }) => name !== outputTimeColumnOf(pipeline));
}

/** The type that a column of a segment has, as Druid tells it. */
export function segmentType(type: OutputType): string {
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
