import type { OutputType } from '../../domain/column-types';
import {
  digestColumnOf,
  outputTimeColumnOf,
  unnestsEvents,
  type OutputColumn,
  type Pipeline,
} from '../../domain/pipeline';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import { isLenientJson } from '../rule/json-line';
import { jsonTextFault } from '../rule/json-text';
import { misreadSql } from '../rule/reasons';
import { checkedTimeSql } from '../rule/row-time';
import { boundedRowsSql } from './numbered-events';
import { literal, quoted } from './sql';

/**
 * SQL of the transform's rows as both layers write them. Fails on an event whose row has a time that `druid.rowTime`
 * does not allow.
 */
export function outputRowsSql(loaded: LoadedPipeline): string {
  return withDigestSql(loaded.pipeline, transformRowsSql(loaded));
}

/** The same without the bound on the rows of an event. The bound uses a window function, which the check of the SQL refuses. */
export function unboundedRowsSql(loaded: LoadedPipeline): string {
  return withDigestSql(loaded.pipeline, checkedRowsSql(loaded));
}

/** The rows before a digest is added. */
function transformRowsSql(loaded: LoadedPipeline): string {
  const { pipeline, numberedTransform } = loaded;
  const rows = checkedRowsSql(loaded);
  if (numberedTransform === undefined || !unnestsEvents(pipeline)) return rows;
  return boundedRowsSql(pipeline, rows, numberedTransform);
}

function checkedRowsSql(loaded: LoadedPipeline): string {
  const { pipeline, transform, timedTransform } = loaded;
  const given = transformColumnsOf(loaded);
  if (timedTransform === undefined && !given.some(({ type }) => CHECKED_TYPES.includes(type))) return transform;
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

const CHECKED_TYPES: readonly OutputType[] = ['DOUBLE', 'DOUBLE[]', 'JSON'];

/**
 * A column from `source`, an SQL expression. JSON has neither infinity nor NaN: both become null. Fails on JSON that
 * readers would take for different values.
 */
export function outputValueSql({ name, type }: OutputColumn, source: string): string {
  return `${checkedValueSql(name, type, source)} AS ${quoted(name)}`;
}

function checkedValueSql(name: string, type: OutputType, source: string): string {
  switch (type) {
    case 'DOUBLE':
      return finiteSql(source);
    case 'DOUBLE[]':
      return `list_transform(${source}, lambda daybreak_value: ${finiteSql('daybreak_value')})`;
    case 'JSON':
      return readableSql(name, source);
    case 'VARCHAR':
    case 'BIGINT':
    case 'BOOLEAN':
    case 'VARCHAR[]':
    case 'BIGINT[]':
    case 'BOOLEAN[]':
      return source;
  }
}

/** Any text can be cast to JSON that DuckDB's parser takes. */
function readableSql(name: string, source: string): string {
  const text = `${source}::VARCHAR`;
  const lenient = `CASE WHEN ${isLenientJson(text)} THEN ${misreadSql(literal(name), text, 'JSON')} END`;
  const fault = `coalesce(${lenient}, ${jsonTextFault(literal(name), `ltrim(${text})`)})`;
  return `CASE WHEN ${source} IS NULL OR (${fault}) IS NULL THEN ${source} ELSE error(${fault}) END`;
}

function finiteSql(value: string): string {
  return `CASE WHEN isfinite(${value}) THEN ${value} END`;
}
