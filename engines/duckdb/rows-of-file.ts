import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { OutputType } from '../../domain/column-types';
import type { OutputColumn, Pipeline } from '../../domain/pipeline';
import { Semaphore } from '../../domain/semaphore';
import { queryTexts } from './query';
import { exactly, literal, quoted } from './sql';

const MIB = 1024 ** 2;
/** The largest object that DuckDB reads unless it is told. */
const LARGEST_ROW = 16 * MIB;

/**
 * The bytes of the largest row that a reader takes. A row repeats its record and what the join adds, and can have its
 * texts escaped once more.
 */
function largestRowOf({ events }: Pipeline): number {
  return LARGEST_ROW + 2 * Math.max(0, events.maximumBytes - MIB);
}

/**
 * The options of a DuckDB that reads files of the pipeline's rows. For each thread, a reader of JSON takes twice the
 * largest row of the memory, and the rows in it take as much again, more than once.
 */
function readerOptions(pipeline: Pipeline): Record<string, string> {
  const beyond = largestRowOf(pipeline) - LARGEST_ROW;
  return { memory_limit: `${256 + Math.ceil((12 * beyond) / MIB)}MiB`, threads: beyond === 0 ? '2' : '1' };
}

/** The options of `read_json` that are the same for each file of rows of the pipeline. */
export function ndjsonOptions(pipeline: Pipeline): string {
  return `format = 'newline_delimited', hive_partitioning = false, maximum_object_size = ${largestRowOf(pipeline)}`;
}

/**
 * The rows of the NDJSON file in the parameter `file`, as a table.
 *
 * @param read the SQL type in which a column is read. Default: its own.
 */
export function rowsOfFile(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  read: (type: OutputType) => string = (type) => type,
): string {
  const fields = columns.map(({ name, type }) => `${quoted(name)}: ${literal(read(type))}`);
  return `read_json($file, ${ndjsonOptions(pipeline)}, columns = {${fields.join(', ')}})`;
}

/** A DuckDB that reads files of the rows of a pipeline. All calls share its memory. */
export interface RowsReader {
  readonly pipeline: Pipeline;
  connect(): Promise<DuckDBConnection>;
  /** Runs what reads rows of a file, as many at once as there is memory for. */
  reading<T>(read: () => Promise<T>): Promise<T>;
}

/** How many files are read at once; of the largest rows, one. */
const FILES_AT_ONCE = 4;

/**
 * Runs `use` with a reader, which ends with it.
 *
 * @param scratch the absolute path of a folder to which DuckDB may spill. Default: none.
 */
export async function withRowsReader<T>(
  pipeline: Pipeline,
  { scratch }: { readonly scratch?: string },
  use: (reader: RowsReader) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', {
    ...readerOptions(pipeline),
    ...(scratch !== undefined && { temp_directory: scratch }),
  });
  const files = new Semaphore(largestRowOf(pipeline) > LARGEST_ROW ? 1 : FILES_AT_ONCE);
  try {
    return await use({ pipeline, connect: () => instance.connect(), reading: (read) => files.run(read) });
  } finally {
    instance.closeSync();
  }
}

/**
 * Runs one query over the rows of a file. Resolves to the values as text.
 *
 * @param sql reads them from `rowsOfFile`.
 * @param file its absolute path. A name that ends in .gz or .zst is of a compressed file.
 */
export async function queryFile(reader: RowsReader, sql: string, file: string): Promise<(string | null)[][]> {
  const connection = await reader.connect();
  try {
    return await reader.reading(() => queryTexts(connection, sql, { file: exactly(file) }));
  } finally {
    connection.closeSync();
  }
}
