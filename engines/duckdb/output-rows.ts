import { outputTimeColumnOf, type OutputColumn } from '../../domain/pipeline';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import { checkedTimeSql } from '../rule/row-time';
import { quoted } from './sql';

/** The transform's rows as both layers write them. Fails on an event whose row has another time than `druid.rowTime` lets it have. */
export function outputRowsSql({ pipeline, transform, timedTransform, outputColumns }: LoadedPipeline): string {
  if (timedTransform === undefined && !outputColumns.some(({ type }) => type === 'DOUBLE')) return transform;
  const time = timedTransform === undefined ? undefined : outputTimeColumnOf(pipeline);
  const columns = outputColumns.map((column) =>
    column.name === time
      ? `${checkedTimeSql(pipeline)} AS ${quoted(time)}`
      : outputValueSql(column, quoted(column.name)),
  );
  return `SELECT ${columns.join(', ')} FROM (\n${timedTransform ?? transform}\n) AS daybreak_output`;
}

/** A column from `source`, an SQL expression. JSON has no infinity, and nothing that is no number: these are null. */
export function outputValueSql({ name, type }: OutputColumn, source: string): string {
  const value = type === 'DOUBLE' ? `CASE WHEN isfinite(${source}) THEN ${source} END` : source;
  return `${value} AS ${quoted(name)}`;
}
