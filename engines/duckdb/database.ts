import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { Pipeline } from '../../domain/pipeline';
import { NOTE } from '../rule/record-rule';
import { exactly, literals, quoted } from './sql';
import { loadStaticTables } from '../tables/static-tables';

export interface DatabaseOptions {
  /** Default 1. More than one may change the order of rows. */
  readonly threads?: number;
  /** In bytes; DuckDB spills to `spillFolder` above it. Default: DuckDB's, 80 % of the machine. */
  readonly memoryLimit?: number;
  /** Absolute path. Without it nothing is spilled. */
  readonly spillFolder?: string;
  /** Absolute path of the only folder that SQL may write to. Default: none. */
  readonly outputFolder?: string;
  /** Whether the static tables are loaded. Default true. */
  readonly tables?: boolean;
}

export interface Database {
  readonly connection: DuckDBConnection;
  close(): void;
}

/** Where Daybreak keeps what a transform must not name. */
export const STAGED = 'daybreak.staged';

/**
 * Opens an embedded DuckDB with the pipeline's static tables and an empty `daybreak.staged` for its events, then locks
 * it: no SQL that runs afterwards can reach files (but below `outputFolder`), the network or the configuration.
 */
export async function openDatabase(
  pipeline: Pipeline,
  folder: string,
  { threads = 1, memoryLimit, spillFolder, outputFolder, tables = true }: DatabaseOptions = {},
): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    ...(memoryLimit !== undefined && { memory_limit: `${Math.floor(memoryLimit / 1024)}KiB` }),
    temp_directory: spillFolder ?? '',
  });
  const connection = await instance.connect();
  const close = (): void => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    await connection.run("SET TimeZone = 'UTC'");
    // Left as written, a join gives its rows in the order of its left side: that of the events.
    await connection.run("SET disabled_optimizers = 'join_order,build_side_probe_side'");
    // Else operators gather some thousand rows before they pass them on, however large these are.
    await connection.run('SET enable_caching_operators = false');
    await connection.run('CREATE SCHEMA daybreak');
    await emptyStage(connection, pipeline);
    if (tables) await loadStaticTables(connection, pipeline, folder);
    if (outputFolder !== undefined) {
      const folders = [`${outputFolder}/`, `${exactly(outputFolder)}/`];
      await connection.run(`SET allowed_directories = ${literals(folders)}`);
    }
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return { connection, close };
  } catch (thrown) {
    close();
    throw thrown;
  }
}

/** Replaces the table of staged records by an empty one, whose rowids begin at 0. */
export async function emptyStage(connection: DuckDBConnection, pipeline: Pipeline): Promise<void> {
  await connection.run(`CREATE OR REPLACE TABLE ${STAGED} (${stagedColumns(pipeline)})`);
}

/**
 * One row a line, in the lines' order, so that a rowid is a line number where the stage was not padded: the declared columns
 * and the note on the line.
 */
function stagedColumns(pipeline: Pipeline): string {
  const declared = Object.entries(pipeline.events.columns).map(([name, type]) => `${quoted(name)} ${type}`);
  return [...declared, `${NOTE} VARCHAR`].join(', ');
}
