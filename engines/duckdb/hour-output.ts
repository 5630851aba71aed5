import type { DuckDBConnection } from '@duckdb/node-api';
import { writeFile } from 'node:fs/promises';
import { identityOf } from '../../domain/pipeline';
import type { LoadedPipeline } from '../loaded-pipeline';
import { defineEvents, STAGED } from './database';
import { queryTexts } from './query';
import { NOTE } from './record-rule';
import { literal, quoted } from './sql';

export interface WrittenHour {
  /** Distinct records. */
  readonly kept: number;
  readonly duplicates: number;
  /** Rows in the file. */
  readonly written: number;
  readonly unmatched: number;
}

const REDUNDANT = 'daybreak.redundant';

/**
 * Removes duplicates from the staged records of the hour at hand, transforms the rest and writes it to `path`, one JSON object a
 * line. Of equal records the first stays; rows come in the order in which a join written as it is gives them, on one
 * thread, which only the staged lines and their order decide.
 */
export async function writeHour(
  connection: DuckDBConnection,
  { pipeline, transform }: LoadedPipeline,
  path: string,
): Promise<WrittenHour> {
  const ofHour = `${NOTE} IS NULL`;
  const records = await count(connection, `SELECT count(*) FROM ${STAGED} WHERE ${ofHour}`);
  if (records === 0) {
    await writeFile(path, '');
    return { kept: 0, duplicates: 0, written: 0, unmatched: 0 };
  }
  await findRedundant(connection, identityOf(pipeline), ofHour);
  const duplicates = await count(connection, `SELECT count(*) FROM ${REDUNDANT}`);
  await defineEvents(connection, pipeline, `ANTI JOIN ${REDUNDANT} ON redundant.record = staged.rowid WHERE ${ofHour}`);
  const written = await count(connection, `COPY (\n${transform}\n) TO ${literal(path)} (FORMAT json)`);
  const unmatched =
    pipeline.matchColumn === undefined
      ? 0
      : await count(
          connection,
          `SELECT count(*) FROM (\n${transform}\n) WHERE ${quoted(pipeline.matchColumn)} IS NULL`,
        );
  return { kept: records - duplicates, duplicates, written, unmatched };
}

/**
 * Every record but the first of its identity. Hashes narrow the search to the few that can have a like at all; these
 * are then compared by value.
 */
async function findRedundant(connection: DuckDBConnection, identity: readonly string[], ofHour: string): Promise<void> {
  const columns = identity.map(quoted).join(', ');
  await connection.run(`CREATE OR REPLACE TABLE ${REDUNDANT} AS
    WITH repeated AS MATERIALIZED (
      SELECT hash(${columns}) AS likeness FROM ${STAGED} WHERE ${ofHour} GROUP BY likeness HAVING count(*) > 1)
    SELECT record FROM (
      SELECT rowid AS record, row_number() OVER (PARTITION BY ${columns} ORDER BY rowid) AS occurrence
      FROM ${STAGED} WHERE ${ofHour} AND hash(${columns}) IN (FROM repeated))
    WHERE occurrence > 1`);
}

async function count(connection: DuckDBConnection, sql: string): Promise<number> {
  const [row] = await queryTexts(connection, sql);
  return Number(row?.[0] ?? 0);
}
