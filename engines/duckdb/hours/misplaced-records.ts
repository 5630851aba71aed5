import type { DuckDBConnection } from '@duckdb/node-api';
import { join } from 'node:path';
import { STAGED } from '../database';
import { BLANK } from '../../rule/json-line';
import { run } from '../query';
import { NOTE } from '../../rule/record-rule';
import type { PartFile } from './piece-steps';
import { literal, parquetSql } from '../sql';

/** Valid records that are not written with the file that they are in. Kept in one Parquet file per source. */
export class MisplacedRecords {
  readonly #folder: string;

  /** @param folder an existing folder. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Keeps the staged records of `source` that belong to `targets`, or its own, with their padding: large records must not
   * be closer to each other here than in the stage.
   */
  async keep(
    connection: DuckDBConnection,
    source: string,
    { targets, isPadded }: { readonly targets: readonly string[] | 'own'; readonly isPadded: boolean },
  ): Promise<void> {
    const kept = targets === 'own' ? `${NOTE} IS NULL` : `${NOTE} IN (${targets.map(literal).join(', ')})`;
    await run(
      connection,
      `COPY (FROM ${STAGED} WHERE ${kept}${isPadded ? ` OR ${NOTE} = '${BLANK}'` : ''})
       TO ${literal(this.#file(source))} (FORMAT parquet${isPadded ? ', ROW_GROUP_SIZE 2048' : ''})`,
    );
  }

  /** Adds the records of `target` that were kept from `source` to the staged records. */
  async stage(connection: DuckDBConnection, source: string, target: string): Promise<void> {
    await run(
      connection,
      `INSERT INTO ${STAGED} SELECT * REPLACE (nullif(${NOTE}, ${literal(target)}) AS ${NOTE})
       FROM ${parquetSql(this.#file(source))} WHERE ${NOTE} IN (${literal(target)}, '${BLANK}')`,
    );
  }

  /** The kept records of an hour, or the source's own, which are so many rows. */
  partOf(source: string, of: string, rows: number): PartFile {
    return { path: this.#file(source), where: of === 'own' ? `${NOTE} IS NULL` : `${NOTE} = ${literal(of)}`, rows };
  }

  #file(source: string): string {
    return join(this.#folder, `${source}.parquet`);
  }
}
