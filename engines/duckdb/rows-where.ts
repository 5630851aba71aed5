import type { OutputColumn, Pipeline } from '../../domain/pipeline';
import { queryFile, rowsOfFile, withRowsReader } from './rows-of-file';

/**
 * The first rows of a published file for which an SQL condition is true, as JSON, in the order of the file.
 *
 * @param file its absolute path. A name that ends in .gz or .zst is of a compressed file.
 * @param where a condition that passed its check; see `checkRowChecks`.
 * @param most how many rows at most.
 * @param scratch the absolute path of a folder to which DuckDB may spill.
 */
export async function rowsWhere(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  {
    file,
    where,
    most,
    scratch,
  }: { readonly file: string; readonly where: string; readonly most: number; readonly scratch: string },
): Promise<string[]> {
  const sql = `SELECT to_json(daybreak_row)::VARCHAR FROM ${rowsOfFile(pipeline, columns)} AS daybreak_row
    WHERE (\n${where}\n) LIMIT ${most}`;
  const found = await withRowsReader(pipeline, { scratch, columns }, (reader) => queryFile(reader, sql, file));
  return found.flatMap(([row]) => row ?? []);
}
