import type { DuckDBConnection } from '@duckdb/node-api';
import { writeFile } from 'node:fs/promises';
import type { HourOutput } from '../../../domain/day-manifest';
import { identityOf, isWholeRecord, type Pipeline } from '../../../domain/pipeline';
import type { LoadedPipeline } from '../../model/loaded-pipeline';
import { STAGED } from '../database';
import { identityKeyNames, identityKeysSql } from './identity-keys';
import { countEventsWithRows } from '../numbered-events';
import { outputRowsSql } from '../output-rows';
import type { ProvenLines } from '../../model/fast-path';
import { queryCount } from '../query';
import { NOTE, OF_DAY } from '../../rule/record-rule';
import { sameIdentity, withoutRepeated, type RepeatedIdentities } from './repeated-identities';
import { columnsSql, literal, parquetSql, quoted } from '../sql';

export type WrittenRows = Pick<HourOutput, 'written' | 'filtered' | 'multiplied' | 'unmatched'>;

export interface WrittenHour extends WrittenRows {
  /** Distinct records. */
  readonly kept: number;
  readonly duplicates: number;
}

/** What makes rows of the view `events` of a connection, which is never empty. */
export interface RowEngine {
  /** Writes what the transform makes of so many events to `path`, whose file is named by their hour. */
  readonly write: (connection: DuckDBConnection, path: string, events: number) => Promise<WrittenRows>;
  /** Fails where `write` would for the value of an event. */
  readonly check: (connection: DuckDBConnection) => Promise<void>;
}

export const NO_ROWS: WrittenRows = { written: 0, filtered: 0, multiplied: 0, unmatched: 0 };

/** What became of events of which `withRows` gave the written rows. */
export function rowsOf(events: number, withRows: number, written: number): Omit<WrittenRows, 'unmatched'> {
  return { written, filtered: events - withRows, multiplied: written - withRows };
}

/** What an hour is written from, beside its staged records. */
export interface HourRows {
  readonly rows: RowEngine;
  readonly proven: ProvenLines | undefined;
  /** Identities that the hour must leave to an earlier one, if any. */
  readonly repeated: RepeatedIdentities | undefined;
}

const REDUNDANT = 'daybreak.redundant';
const OF_HOUR = `(${NOTE} IS NULL)`;

/**
 * Removes duplicates from the hour's records and has the rest written to `path`, one JSON object a line. Of equal
 * records the first stays. Rows come in the order of the lines, those that a scan proved first, and then
 * as a join on one thread gives them: only the lines decide it.
 */
export async function writeHour(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  path: string,
  { rows, proven, repeated }: HourRows,
): Promise<WrittenHour> {
  const staged = await queryCount(connection, `SELECT count(*) FROM ${STAGED} WHERE ${OF_HOUR}`);
  if (staged + (proven?.unique ?? 0) === 0) {
    await writeFile(path, '');
    return { kept: 0, duplicates: 0, ...NO_ROWS };
  }
  const unsettled = unsettledSql(pipeline, staged, proven);
  const redundant =
    unsettled === undefined ? 0 : await findRedundant(connection, pipeline, { unsettled, staged, proven });
  const distinct = (proven?.unique ?? 0) + staged - redundant;
  await defineEvents(connection, pipeline, { unsettled, staged, proven, repeated });
  const kept = repeated === undefined ? distinct : await queryCount(connection, 'SELECT count(*) FROM events');
  const duplicates = (proven?.duplicates ?? 0) + redundant + distinct - kept;
  if (kept > 0) return { kept, duplicates, ...(await rows.write(connection, path, kept)) };
  await writeFile(path, '');
  return { kept, duplicates, ...NO_ROWS };
}

/** Runs the transform in DuckDB itself. */
export function transformedRows(loaded: LoadedPipeline): RowEngine {
  const { numberedTransform: numbered } = loaded;
  const { matchColumn } = loaded.pipeline;
  const output = outputRowsSql(loaded);
  return {
    async write(connection, path, events) {
      const written = await queryCount(connection, `COPY (\n${output}\n) TO ${literal(path)} (FORMAT json)`);
      const unmatched =
        matchColumn === undefined
          ? 0
          : await queryCount(connection, `SELECT count(*) FROM (\n${output}\n) WHERE ${quoted(matchColumn)} IS NULL`);
      const withRows = numbered === undefined ? written : await countEventsWithRows(connection, numbered);
      return { ...rowsOf(events, withRows, written), unmatched };
    },
    async check(connection) {
      await connection.run(`SELECT max(hash(daybreak_row)) FROM (\n${output}\n) AS daybreak_row`);
    },
  };
}

/**
 * Fails where the transform fails on a staged or proven record that is not written with the hour of its file: one of
 * another hour, and where `own` is set one of this hour too.
 */
export async function checkUnwritten(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  { rows, proven, own }: Pick<HourRows, 'rows' | 'proven'> & { readonly own: boolean },
): Promise<void> {
  const columns = columnsSql(pipeline);
  const staged = `SELECT ${columns} FROM ${STAGED} WHERE ${OF_DAY}`;
  const parts = own ? [staged, ...provenPart(columns, proven)] : [`${staged} AND NOT ${OF_HOUR}`];
  await connection.run(`CREATE OR REPLACE VIEW events AS ${parts.join(' UNION ALL ')}`);
  await rows.check(connection);
}

interface HourParts extends Pick<HourRows, 'proven'> {
  /** How many records of the hour are staged. */
  readonly staged: number;
  /** The hour's records that may have the identity of one before, with their position as `record`; undefined where none may. */
  readonly unsettled: string | undefined;
}

/** Proven lines are of different records, but not of different identities; with staged ones beside, these are the record. */
function unsettledSql(pipeline: Pipeline, staged: number, proven: ProvenLines | undefined): string | undefined {
  if (staged > 0) return `(SELECT rowid AS record, ${columnsSql(pipeline)} FROM ${STAGED} WHERE ${OF_HOUR})`;
  if (proven === undefined || isWholeRecord(pipeline)) return undefined;
  return `(SELECT file_row_number AS record, ${columnsSql(pipeline)} FROM ${parquetSql(proven.path)})`;
}

async function defineEvents(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  { unsettled, staged, proven, repeated }: HourParts & Pick<HourRows, 'repeated'>,
): Promise<void> {
  const columns = columnsSql(pipeline);
  const settled = unsettled === undefined || staged > 0 ? provenPart(columns, proven) : [];
  const parts = [
    ...settled,
    ...(unsettled === undefined
      ? []
      : [`SELECT ${columns} FROM ${unsettled} AS own ANTI JOIN ${REDUNDANT} ON redundant.record = own.record`]),
  ];
  const distinct = parts.join(' UNION ALL ');
  const events = repeated === undefined ? distinct : withoutRepeated(distinct, pipeline, repeated);
  await connection.run(`CREATE OR REPLACE VIEW events AS ${events}`);
}

function provenPart(columns: string, proven: ProvenLines | undefined): string[] {
  return proven === undefined ? [] : [`SELECT ${columns} FROM ${parquetSql(proven.path)}`];
}

/**
 * Finds the records whose identity came before. Hashes narrow the search to the few that can have a duplicate at all; these
 * are then compared by value.
 */
async function findRedundant(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  { unsettled, staged, proven }: HourParts & { readonly unsettled: string },
): Promise<number> {
  const columns = identityOf(pipeline).map(quoted).join(', ');
  const hash = `hash(${columns})`;
  const amongProven =
    proven === undefined || staged === 0
      ? ''
      : `UNION SELECT own.record FROM ${unsettled} AS own SEMI JOIN ${parquetSql(proven.path)} AS proven
         ON ${sameIdentity('proven', 'own', identityOf(pipeline))}`;
  await connection.run(`CREATE OR REPLACE TABLE ${REDUNDANT} AS
    WITH shared AS MATERIALIZED (SELECT ${hash} AS identity_hash FROM ${unsettled} GROUP BY identity_hash HAVING count(*) > 1)
    SELECT record FROM (
      SELECT record, row_number() OVER (PARTITION BY ${identityKeyNames(pipeline).join(', ')} ORDER BY record) AS occurrence
      FROM (SELECT record, ${identityKeysSql(pipeline)} FROM ${unsettled} WHERE ${hash} IN (FROM shared)))
    WHERE occurrence > 1 ${amongProven}`);
  return queryCount(connection, `SELECT count(*) FROM ${REDUNDANT}`);
}
