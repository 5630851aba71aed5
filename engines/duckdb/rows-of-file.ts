import { DuckDBInstance } from '@duckdb/node-api';
import type { OutputType } from '../../domain/column-types';
import type { OutputColumn } from '../../domain/pipeline';
import { queryTexts } from './query';
import { exactly, literal, quoted } from './sql';

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

/**
 * Runs one query over the rows of a file, in a DuckDB of its own. Resolves to the values as text.
 *
 * @param sql reads them from `rowsOfFile`.
 * @param file its absolute path. A name that ends in .gz or .zst is of a compressed file.
 * @param scratch the absolute path of a folder to which DuckDB may spill. Default: none.
 */
export async function queryFile(
  sql: string,
  file: string,
  { scratch }: { readonly scratch?: string } = {},
): Promise<(string | null)[][]> {
  const instance = await DuckDBInstance.create(':memory:', {
    ...READER,
    ...(scratch !== undefined && { temp_directory: scratch }),
  });
  try {
    return await queryTexts(await instance.connect(), sql, { file: exactly(file) });
  } finally {
    instance.closeSync();
  }
}
