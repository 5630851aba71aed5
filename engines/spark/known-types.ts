import { isColumnType } from '../../domain/column-types';
import { DaybreakError } from '../../domain/errors';
import { eventColumnsOf } from '../../domain/event-columns';
import type { LoadedPipeline } from '../model/loaded-pipeline';

/** Throws BAD_PIPELINE if a column of the events or of the output has a type that Spark's SQL does not hold as DuckDB's. */
export function refuseUnknownTypes({ pipeline, outputColumns }: LoadedPipeline): void {
  const unknown = [...eventColumnsOf(pipeline.events), ...outputColumns].find(({ type }) => !isColumnType(type));
  if (unknown === undefined) return;
  throw new DaybreakError('BAD_PIPELINE', {
    what: `the column ${unknown.name} of ${pipeline.name} is a ${unknown.type}, which the engine spark does not read`,
    remedy: 'Build with --engine duckdb, and set batch.engine: duckdb in pipeline.yaml.',
  });
}
