import { stat } from 'node:fs/promises';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { OutputType } from '../../domain/column-types';
import type { OutputColumn, Pipeline } from '../../domain/pipeline';
import { Semaphore } from '../../domain/semaphore';
import { unpackedFrom } from '../input/file-bytes';
import { pieceFiles } from './line-pieces';
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
  /** The path of a file that holds one piece of the lines after the other, as much as there is memory for. */
  pieces(lines: AsyncIterable<Buffer>): AsyncIterable<string>;
  /** The paths by which the rows of a file are read, one after the other: its own, or those of its pieces. */
  filesOf(file: string): AsyncIterable<string>;
}

/** How many files are read at once; of the largest rows, one. */
const FILES_AT_ONCE = { flat: 4, nested: 2 } as const;
/** How much text of nested rows is read at a time. */
const NESTED_BYTES = MIB;

/** Whether rows can take many times their text in DuckDB's memory, which has 2,048 of them at a time. */
function areNested(columns: readonly OutputColumn[]): boolean {
  return columns.some(({ type }) => type === 'JSON' || type.endsWith('[]'));
}

export interface RowsReaderOptions {
  /** The absolute path of a folder to which DuckDB may spill, and for pieces of files. */
  readonly scratch: string;
  /** All columns of the rows. */
  readonly columns: readonly OutputColumn[];
}

/** Runs `use` with a reader, which ends with it. */
export async function withRowsReader<T>(
  pipeline: Pipeline,
  { scratch, columns }: RowsReaderOptions,
  use: (reader: RowsReader) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', {
    ...readerOptions(pipeline),
    temp_directory: scratch,
  });
  const isNested = areNested(columns);
  const files = new Semaphore(largestRowOf(pipeline) > LARGEST_ROW ? 1 : FILES_AT_ONCE[isNested ? 'nested' : 'flat']);
  const pieces = (lines: AsyncIterable<Buffer>): AsyncIterable<string> =>
    pieceFiles(lines, scratch, isNested ? NESTED_BYTES : undefined);
  try {
    return await use({
      pipeline,
      connect: () => instance.connect(),
      reading: (read) => files.run(read),
      pieces,
      async *filesOf(file) {
        if (!isNested) yield file;
        else yield* pieces(unpackedFrom({ file, path: file, bytes: (await stat(file)).size }, 0));
      },
    });
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
