import { outputTimeColumnOf, type ColumnType, type OutputColumn, type Pipeline } from '../pipeline';
import { timeExpression } from './time';

/**
 * Druid requires a timestampSpec, which knows no time zone. With this column it finds nothing, and a transform fills
 * __time.
 */
const NO_SUCH_COLUMN = '__no_such_column';

/** Names that an output column cannot have: Druid refuses them, or does not read them as columns. */
export const RESERVED_COLUMNS: readonly string[] = ['__time', NO_SUCH_COLUMN];

/** The part that realtime and batch ingestion share: the same rows must become the same columns in segments. */
export interface DataSchema {
  readonly dataSource: string;
  readonly timestampSpec: { readonly column: string; readonly format: string; readonly missingValue: string };
  readonly transformSpec: { readonly transforms: readonly object[] };
  readonly dimensionsSpec: { readonly dimensions: readonly { readonly type: string; readonly name: string }[] };
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
      dimensions: dimensionsOf(pipeline, columns).map(({ name, type }) => ({ type: druidType(type), name })),
    },
    metricsSpec: [],
  };
}

/** The output columns that Druid stores in addition to __time, which already holds the time column. */
export function dimensionsOf(pipeline: Pipeline, columns: readonly OutputColumn[]): OutputColumn[] {
  return columns.filter(({ name }) => name !== outputTimeColumnOf(pipeline));
}

/** The type that a column has in Druid, as its specs name it. */
export function druidType(type: ColumnType): string {
  switch (type) {
    case 'BIGINT':
      return 'long';
    case 'DOUBLE':
      return 'double';
    case 'VARCHAR':
    case 'BOOLEAN':
      return 'string';
  }
}
