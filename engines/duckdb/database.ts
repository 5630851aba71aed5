import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { Pipeline } from '../../domain/pipeline';
import { NOTE } from '../rule/record-rule';
import { declaredColumnsSql, exactly, literals, storedName } from './sql';
import type { TableVersions } from '../model/table-version';
import { loadStaticTables, type TableLoadOptions } from '../tables/static-tables';

export interface DatabaseOptions extends TableLoadOptions {
  /** Default 1. With more than one thread the order of rows may change. */
  readonly threads?: number;
  /** In bytes; above it DuckDB spills to `spillFolder`. Default: DuckDB's, 80 % of the machine's memory. */
  readonly memoryLimit?: number;
  /** Absolute path. Without it DuckDB does not spill. */
  readonly spillFolder?: string;
  /** Absolute path of the only folder that SQL may write to. Default: none. */
  readonly outputFolder?: string;
}

export interface Database {
  readonly connection: DuckDBConnection;
  close(): void;
}

/** The table in which Daybreak stages events. A transform must not name it. */
export const STAGED = 'daybreak.staged';

/** What every DuckDB in which a pipeline's SQL runs is opened with, in both layers and in Spark's tasks. */
export const CONFIGURATION = {
  preserve_insertion_order: 'true',
  autoinstall_known_extensions: 'false',
  enable_external_file_cache: 'false',
} as const;

/** What it runs first. */
export const PREPARATION = [
  "SET TimeZone = 'UTC'",
  // Without the first two optimisers a join gives its rows in the order of its left side, which is the events. The others
  // leave out rows of a table by the values of the events at hand, or by how these are read: whether SQL fails on such a
  // row would depend on which events share a batch, and on the layer.
  "SET disabled_optimizers = 'join_order,build_side_probe_side,join_filter_pushdown,statistics_propagation,deliminator'",
  // Otherwise operators collect some thousand rows before they pass them on, however large the rows are.
  'SET enable_caching_operators = false',
  'CREATE SCHEMA daybreak',
] as const;

/** What it runs last: no later SQL can reach files outside of `folders`, the network or the configuration. */
export function lockingSql(folders: readonly string[]): string[] {
  return [
    ...(folders.length > 0 ? [`SET allowed_directories = ${literals(folders)}`] : []),
    'SET enable_external_access = false',
    'SET lock_configuration = true',
  ];
}

/**
 * Opens an embedded DuckDB with the pipeline's static tables and an empty `daybreak.staged` for its events, then locks
 * it: no SQL that runs afterwards can reach files (except below `outputFolder`), the network or the configuration.
 *
 * @param tables the versions to load; undefined for a database without static tables.
 */
export async function openDatabase(
  pipeline: Pipeline,
  tables: TableVersions | undefined,
  { threads = 1, memoryLimit, spillFolder, outputFolder, ...loading }: DatabaseOptions = {},
): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', {
    ...CONFIGURATION,
    threads: String(threads),
    ...(memoryLimit !== undefined && { memory_limit: `${Math.floor(memoryLimit / 1024)}KiB` }),
    temp_directory: spillFolder ?? '',
  });
  const connection = await instance.connect();
  const close = (): void => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    for (const sql of PREPARATION) await connection.run(sql);
    await emptyStage(connection, pipeline);
    if (tables !== undefined) await loadStaticTables(connection, pipeline, tables, loading);
    const folders = outputFolder === undefined ? [] : [`${outputFolder}/`, `${exactly(outputFolder)}/`];
    for (const sql of lockingSql(folders)) await connection.run(sql);
    return { connection, close };
  } catch (thrown) {
    close();
    throw thrown;
  }
}

/**
 * Replaces the table of staged records with an empty one, whose rowids begin at 0. It has one row per line, in the order
 * of the lines: the declared columns and the note on the line. A rowid is a line number unless the stage is padded.
 */
export async function emptyStage(connection: DuckDBConnection, pipeline: Pipeline): Promise<void> {
  await connection.run(emptyStageSql(pipeline));
}

export function emptyStageSql(pipeline: Pipeline): string {
  return `CREATE OR REPLACE TABLE ${STAGED} (${declaredColumnsSql(pipeline, storedName)}, ${NOTE} VARCHAR)`;
}
