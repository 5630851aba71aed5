import type { DuckDBConnection } from '@duckdb/node-api';
import { writeFile } from 'node:fs/promises';
import { identityOf, type Pipeline } from '../../domain/pipeline';
import type { LoadedPipeline } from '../loaded-pipeline';
import { STAGED } from './database';
import type { ProvenLines } from './proven-lines';
import { queryTexts } from './query';
import { NOTE } from './record-rule';
import { literal, quoted } from './sql';

export interface WrittenRows {
  /** Rows in the file. */
  readonly written: number;
  readonly unmatched: number;
}

export interface WrittenHour extends WrittenRows {
  /** Distinct records. */
  readonly kept: number;
  readonly duplicates: number;
}

/** Writes what the transform makes of the view `events` of the connection, never empty, to `path`. */
export type WriteRows = (connection: DuckDBConnection, path: string) => Promise<WrittenRows>;

const REDUNDANT = 'daybreak.redundant';
const OF_HOUR = `${NOTE} IS NULL`;

/**
 * Removes duplicates from the hour's records and has the rest written to `path`, one JSON object a line. Of equal
 * records the first stays. Rows come in the order of the lines, those of a layout that the kernel knows first, and then
 * as a join on one thread gives them: only the lines decide it.
 */
export async function writeHour(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  proven: ProvenLines | undefined,
  { path, writeRows }: { readonly path: string; readonly writeRows: WriteRows },
): Promise<WrittenHour> {
  const staged = await count(connection, `SELECT count(*) FROM ${STAGED} WHERE ${OF_HOUR}`);
  if (staged + (proven?.unique ?? 0) === 0) {
    await writeFile(path, '');
    return { kept: 0, duplicates: 0, written: 0, unmatched: 0 };
  }
  const redundant = staged === 0 ? 0 : await findRedundant(connection, pipeline, proven);
  await defineEvents(connection, pipeline, staged, proven);
  return {
    kept: (proven?.unique ?? 0) + staged - redundant,
    duplicates: (proven?.duplicates ?? 0) + redundant,
    ...(await writeRows(connection, path)),
  };
}

/** Runs the transform in DuckDB itself. */
export function transformedRows({ pipeline, transform }: LoadedPipeline): WriteRows {
  return async (connection, path) => {
    const written = await count(connection, `COPY (\n${transform}\n) TO ${literal(path)} (FORMAT json)`);
    const unmatched =
      pipeline.matchColumn === undefined
        ? 0
        : await count(
            connection,
            `SELECT count(*) FROM (\n${transform}\n) WHERE ${quoted(pipeline.matchColumn)} IS NULL`,
          );
    return { written, unmatched };
  };
}

async function defineEvents(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  staged: number,
  proven: ProvenLines | undefined,
): Promise<void> {
  const columns = Object.keys(pipeline.events.columns).map(quoted).join(', ');
  const parts = [
    ...(proven === undefined ? [] : [`SELECT ${columns} FROM read_parquet(${literal(proven.path)})`]),
    ...(staged === 0
      ? []
      : [
          `SELECT ${columns} FROM ${STAGED} ANTI JOIN ${REDUNDANT} ON redundant.record = staged.rowid WHERE ${OF_HOUR}`,
        ]),
  ];
  await connection.run(`CREATE OR REPLACE VIEW events AS ${parts.join(' UNION ALL ')}`);
}

/**
 * Finds the staged records of an identity that came before. Hashes narrow the search to the few that can have a like at
 * all; these are then compared by value.
 */
async function findRedundant(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  proven: ProvenLines | undefined,
): Promise<number> {
  const columns = identityOf(pipeline).map(quoted);
  const hash = `hash(${columns.join(', ')})`;
  const likes = `SELECT ${hash} AS likeness FROM ${STAGED} WHERE ${OF_HOUR} GROUP BY likeness HAVING count(*) > 1`;
  const isProven = columns.map((column) => `proven.${column} IS NOT DISTINCT FROM staged.${column}`).join(' AND ');
  const amongProven =
    proven === undefined
      ? ''
      : `UNION SELECT staged.rowid FROM ${STAGED} SEMI JOIN read_parquet(${literal(proven.path)}) AS proven ON ${isProven}
         WHERE ${OF_HOUR}`;
  await connection.run(`CREATE OR REPLACE TABLE ${REDUNDANT} AS
    WITH likes AS MATERIALIZED (${likes})
    SELECT record FROM (
      SELECT rowid AS record, row_number() OVER (PARTITION BY ${columns.join(', ')} ORDER BY rowid) AS occurrence
      FROM ${STAGED} WHERE ${OF_HOUR} AND ${hash} IN (FROM likes))
    WHERE occurrence > 1 ${amongProven}`);
  return count(connection, `SELECT count(*) FROM ${REDUNDANT}`);
}

async function count(connection: DuckDBConnection, sql: string): Promise<number> {
  const [row] = await queryTexts(connection, sql);
  return Number(row?.[0] ?? 0);
}
