import { eventColumnsOf } from '../../domain/event-columns';
import type { Pipeline } from '../../domain/pipeline';

/** `text` as an SQL string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `name` as a quoted SQL identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The path for DuckDB's readers, with wildcards in its names escaped. */
export function exactly(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}

/** The rows of Parquet files as a table. A folder named like column=value adds no column to them. */
export function parquetSql(...paths: readonly string[]): string {
  return `read_parquet(${literals(paths.map(exactly))}, hive_partitioning = false)`;
}

/** The declared columns of a pipeline's events, in their order. */
export function columnsSql({ events }: Pipeline): string {
  return Object.keys(events.columns).map(quoted).join(', ');
}

/** The same with their types, as CREATE TABLE declares them. */
export function declaredColumnsSql(pipeline: Pipeline): string {
  return eventColumnsOf(pipeline.events)
    .map(({ name, type }) => `${quoted(name)} ${type}`)
    .join(', ');
}

/** Texts as an SQL list of strings. */
export function literals(texts: readonly string[]): string {
  return `[${texts.map(literal).join(', ')}]`;
}
