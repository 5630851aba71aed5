import { digestColumnOf, outputTimeColumnOf, type OutputColumn, type Pipeline } from '../../domain/pipeline';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import { checkedTimeSql } from '../rule/row-time';
import { quoted } from './sql';

/**
 * SQL of the transform's rows as both layers write them. Fails on an event whose row has a time that `druid.rowTime`
 * does not allow.
 */
export function outputRowsSql(loaded: LoadedPipeline): string {
  return withDigestSql(loaded.pipeline, transformRowsSql(loaded));
}

/** The same, before a digest is added. */
function transformRowsSql(loaded: LoadedPipeline): string {
  const { pipeline, transform, timedTransform } = loaded;
  const given = transformColumnsOf(loaded);
  if (timedTransform === undefined && !given.some(({ type }) => type === 'DOUBLE')) return transform;
  const time = timedTransform === undefined ? undefined : outputTimeColumnOf(pipeline);
  const columns = given.map((column) =>
    column.name === time
      ? `${checkedTimeSql(pipeline)} AS ${quoted(time)}`
      : outputValueSql(column, quoted(column.name)),
  );
  return `SELECT ${columns.join(', ')} FROM (\n${timedTransform ?? transform}\n) AS daybreak_output`;
}

/** The output columns that the transform gives. */
export function transformColumnsOf({ pipeline, outputColumns }: LoadedPipeline): OutputColumn[] {
  return outputColumns.filter(({ name }) => name !== pipeline.druid.digestColumn);
}

/**
 * The rows of an SQL query with the pipeline's digest column, if it has one: 64 bits of the MD5 of the row's JSON text
 * as it is written without that column. Unlike DuckDB's own hash, it is the same in every version.
 */
export function withDigestSql(pipeline: Pipeline, rows: string): string {
  const digest = digestColumnOf(pipeline);
  if (digest === undefined) return rows;
  const value = 'md5_number_lower(to_json(daybreak_digested)::VARCHAR)::BIT::BIGINT';
  return `SELECT *, ${value} AS ${quoted(digest.name)} FROM (\n${rows}\n) AS daybreak_digested`;
}

/** A column from `source`, an SQL expression. JSON has neither infinity nor NaN: both become null. */
export function outputValueSql({ name, type }: OutputColumn, source: string): string {
  const value = type === 'DOUBLE' ? `CASE WHEN isfinite(${source}) THEN ${source} END` : source;
  return `${value} AS ${quoted(name)}`;
}
