import { outputTimeColumnOf, type OutputColumn } from '../../domain/pipeline';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import { checkedTimeSql } from '../rule/row-time';
import { quoted } from './sql';

/**
 * SQL of the transform's rows as both layers write them. Fails on an event whose row has a time that `druid.rowTime`
 * does not allow.
 */
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

/** A column from `source`, an SQL expression. JSON has neither infinity nor NaN: both become null. */
export function outputValueSql({ name, type }: OutputColumn, source: string): string {
  const value = type === 'DOUBLE' ? `CASE WHEN isfinite(${source}) THEN ${source} END` : source;
  return `${value} AS ${quoted(name)}`;
}
