import type { OutputColumn } from '../../domain/pipeline';
import type { LoadedPipeline } from '../loaded-pipeline';
import { quoted } from './sql';

/** The transform's rows as both layers write them. */
export function outputRowsSql({ transform, outputColumns }: LoadedPipeline): string {
  if (!outputColumns.some(({ type }) => type === 'DOUBLE')) return transform;
  const columns = outputColumns.map((column) => outputValueSql(column, quoted(column.name)));
  return `SELECT ${columns.join(', ')} FROM (\n${transform}\n) AS daybreak_output`;
}

/** A column from `source`, an SQL expression. JSON has no infinity, and nothing that is no number: these are null. */
export function outputValueSql({ name, type }: OutputColumn, source: string): string {
  const value = type === 'DOUBLE' ? `CASE WHEN isfinite(${source}) THEN ${source} END` : source;
  return `${value} AS ${quoted(name)}`;
}
