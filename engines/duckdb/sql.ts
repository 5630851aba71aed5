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

/** The column of a record's position among others. */
export const RECORD = 'daybreak_record';

/** The declared columns of a pipeline's events, in their order. */
export function columnsSql({ events }: Pipeline): string {
  return Object.keys(events.columns).map(quoted).join(', ');
}

/** Columns that DuckDB has beside those of a table and of a Parquet file, unless there is one of that name. */
const OF_DUCKDB = ['rowid', 'file_row_number'];

/** The name by which Daybreak's tables and Parquet files of records hold a declared column. */
export function storedName(column: string): string {
  return OF_DUCKDB.includes(column.toLowerCase()) ? `daybreak_${column}` : column;
}

/** The declared name of a column that is held by this name. */
export function declaredName(stored: string): string {
  const name = stored.replace(/^daybreak_/, '');
  return storedName(name) === stored ? name : stored;
}

/** The declared columns out of such a table or file, by their declared names. */
export function storedColumnsSql({ events }: Pipeline): string {
  const columns = Object.keys(events.columns).map((name) =>
    storedName(name) === name ? quoted(name) : `${quoted(storedName(name))} AS ${quoted(name)}`,
  );
  return columns.join(', ');
}

/**
 * SQL of records with their declared columns and RECORD, as a table.
 *
 * @param position the column of DuckDB's that numbers them: `rowid` of a table, `file_row_number` of a Parquet file.
 * @param from SQL of such a table or file, and of which of its records.
 */
export function numberedRecordsSql(pipeline: Pipeline, position: 'rowid' | 'file_row_number', from: string): string {
  return `(SELECT ${position} AS ${RECORD}, ${storedColumnsSql(pipeline)} FROM ${from})`;
}

/** The declared columns with their types, as CREATE TABLE declares them. */
export function declaredColumnsSql(pipeline: Pipeline, nameOf = (column: string): string => column): string {
  return eventColumnsOf(pipeline.events)
    .map(({ name, type }) => `${quoted(nameOf(name))} ${type}`)
    .join(', ');
}

/** Texts as an SQL list of strings. */
export function literals(texts: readonly string[]): string {
  return `[${texts.map(literal).join(', ')}]`;
}
