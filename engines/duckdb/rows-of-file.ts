import type { OutputType } from '../../domain/column-types';
import type { OutputColumn } from '../../domain/pipeline';
import { literal, quoted } from './sql';

/** The options of a DuckDB that reads files of rows. For each thread, a reader of JSON takes 32 MiB of the memory. */
export const READER = { memory_limit: '256MB', threads: '2' } as const;

/**
 * The rows of the NDJSON file in the parameter `file`, as a table.
 *
 * @param read the SQL type in which a column is read. Default: its own.
 */
export function rowsOfFile(
  columns: readonly OutputColumn[],
  read: (type: OutputType) => string = (type) => type,
): string {
  const fields = columns.map(({ name, type }) => `${quoted(name)}: ${literal(read(type))}`);
  return `read_json($file, format = 'newline_delimited', hive_partitioning = false, columns = {${fields.join(', ')}})`;
}
