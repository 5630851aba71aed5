import type { DuckDBConnection } from '@duckdb/node-api';
import { join } from 'node:path';
import type { Pipeline } from '../../domain/pipeline';
import { STAGED } from './database';
import { NOTE } from './record-rule';
import { columnsSql, literal, parquetSql } from './sql';

/** Valid records that are in the file of another hour than theirs, in a Parquet file a source hour. */
export class StrayRecords {
  readonly #folder: string;
  readonly #columns: string;

  /** In an existing folder. */
  constructor(folder: string, pipeline: Pipeline) {
    this.#folder = folder;
    this.#columns = columnsSql(pipeline);
  }

  /** Keeps those of the staged records of `source` that belong to `targets`. */
  async keep(connection: DuckDBConnection, source: string, targets: readonly string[]): Promise<void> {
    await connection.run(
      `COPY (SELECT ${this.#columns}, ${NOTE} FROM ${STAGED} WHERE ${NOTE} IN (${targets.map(literal).join(', ')}) ORDER BY rowid)
       TO ${literal(this.#file(source))} (FORMAT parquet)`,
    );
  }

  /** Adds to the staged records those of `target` that were kept of `source`. */
  async stage(connection: DuckDBConnection, source: string, target: string): Promise<void> {
    await connection.run(
      `INSERT INTO ${STAGED} BY NAME SELECT ${this.#columns}
       FROM ${parquetSql(this.#file(source))} WHERE ${NOTE} = ${literal(target)}`,
    );
  }

  #file(source: string): string {
    return join(this.#folder, `${source}.parquet`);
  }
}
