import type { DuckDBConnection } from '@duckdb/node-api';
import { writeFile } from 'node:fs/promises';
import type { HourFigures } from '../../../domain/day-figures';
import type { HourOutput } from '../../../domain/day-manifest';
import { identityOf, isWholeRecord, type OutputColumn, type Pipeline } from '../../../domain/pipeline';
import { needsFigures } from '../../../domain/proof-kind';
import type { LoadedPipeline } from '../../model/loaded-pipeline';
import { STAGED } from '../database';
import { countsBehind, figuresFrom, figuresQuery, valueSql } from '../figures';
import { identityKeyNames, identityKeysSql } from './identity-keys';
import { countEventsWithRows } from '../numbered-events';
import { outputRowsSql } from '../output-rows';
import type { ProvenLines } from '../../model/fast-path';
import { queryCount, queryTexts, run } from '../query';
import { NOTE, OF_DAY } from '../../rule/record-rule';
import { sameIdentity, withoutRepeated, type RepeatedIdentities } from './repeated-identities';
import { columnsSql, literal, numberedRecordsSql, parquetSql, quoted, RECORD, storedColumnsSql } from '../sql';
import { wrongRowsOfHour, wrongRowsSql } from '../wrong-rows';

export interface WrittenRows extends Pick<HourOutput, 'written' | 'filtered' | 'multiplied' | 'unmatched' | 'wrong'> {
  /** Only where `needsFigures`. */
  readonly figures?: HourFigures;
}

export interface WrittenHour extends WrittenRows {
  /** Distinct records. */
  readonly kept: number;
  readonly duplicates: number;
}

/** Makes rows of a connection's view `events`, which is never empty. */
export interface RowEngine {
  /** Transforms the given number of events and writes the rows to `path`. The file is named by the hour. */
  readonly write: (connection: DuckDBConnection, path: string, events: number) => Promise<WrittenRows>;
  /** Fails if `write` would fail because of an event's value. */
  readonly check: (connection: DuckDBConnection) => Promise<void>;
}

export const NO_ROWS: WrittenRows = { written: 0, filtered: 0, multiplied: 0, unmatched: 0 };

/** The counts for `events`, if `withRows` of them gave the `written` rows. */
export function rowsOf(
  events: number,
  withRows: number,
  written: number,
): Pick<WrittenRows, 'written' | 'filtered' | 'multiplied'> {
  return { written, filtered: events - withRows, multiplied: written - withRows };
}

/** What an hour is written from, in addition to its staged records. */
export interface HourRows {
  readonly rows: RowEngine;
  readonly proven: ProvenLines | undefined;
  /** Identities that belong to an earlier hour and must be left out of this one, if any. */
  readonly repeated: RepeatedIdentities | undefined;
}

const REDUNDANT = 'daybreak.redundant';
const OF_HOUR = `(${NOTE} IS NULL)`;

/**
 * Removes duplicates from the hour's records and has the rest written to `path`, one JSON object per line. The first of
 * equal records stays. Rows come in the order of the lines, with those that a scan proved first, and a join on one
 * thread keeps this order. So the order depends on the lines alone.
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

/**
 * Runs the transform in DuckDB itself.
 *
 * @param of what `write` writes. A part has figures if a large hour has them. Default: an hour.
 */
export function transformedRows(loaded: LoadedPipeline, of: 'hour' | 'part' = 'hour'): RowEngine {
  const { numberedTransform: numbered } = loaded;
  const { pipeline, outputColumns: columns } = loaded;
  const { matchColumn } = pipeline;
  const output = outputRowsSql(loaded);

  async function counted(
    connection: DuckDBConnection,
    written: number,
  ): Promise<Pick<WrittenRows, 'unmatched' | 'figures' | 'wrong'>> {
    const counts = wrongRowsSql(pipeline);
    if (needsFigures(pipeline, of === 'hour' ? written : Infinity)) {
      const [row = []] = await queryTexts(connection, figuresQuery(pipeline, columns, `(\n${output}\n)`, counts));
      const figures = figuresFrom(columns, row);
      const match = figures.columns.find(({ name }) => name === matchColumn);
      const wrong = wrongRowsOfHour(pipeline, written, row.slice(countsBehind(columns)));
      return { unmatched: match === undefined ? 0 : figures.rows - match.values, figures, ...(wrong && { wrong }) };
    }
    const match = columns.find(({ name }) => name === matchColumn);
    if (match === undefined && counts.length === 0) return { unmatched: 0 };
    const [[unmatched, ...found] = []] = await queryTexts(
      connection,
      `SELECT ${[unmatchedSql(match), ...counts].join(', ')} FROM (\n${output}\n)`,
    );
    const wrong = wrongRowsOfHour(pipeline, written, found);
    return { unmatched: Number(unmatched), ...(wrong && { wrong }) };
  }

  return {
    async write(connection, path, events) {
      const written = await queryCount(connection, `COPY (\n${output}\n) TO ${literal(path)} (FORMAT json)`);
      const rows = await counted(connection, written);
      const withRows = numbered === undefined ? written : await countEventsWithRows(connection, numbered);
      return { ...rowsOf(events, withRows, written), ...rows };
    },
    async check(connection) {
      await run(connection, checkRowsSql(loaded));
    },
  };
}

/** SQL of an aggregate that counts the rows without a value of `matchColumn`, which is 0 if the pipeline names none. */
export function unmatchedSql(match: OutputColumn | undefined): string {
  return match === undefined ? '0' : `count(*) FILTER (WHERE ${valueSql(match)} IS NULL)`;
}

/**
 * Fails if the transform fails on a staged or proven record that is not written with its file's hour: a record of
 * another hour and, with `own`, also one of this hour.
 */
export async function checkUnwritten(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  { rows, proven, own }: Pick<HourRows, 'rows' | 'proven'> & { readonly own: boolean },
): Promise<void> {
  const staged = `SELECT ${storedColumnsSql(pipeline)} FROM ${STAGED} WHERE ${OF_DAY}`;
  const parts = own ? [staged, ...provenPart(pipeline, proven)] : [`${staged} AND NOT ${OF_HOUR}`];
  await run(connection, `CREATE OR REPLACE VIEW events AS ${parts.join(' UNION ALL ')}`);
  await rows.check(connection);
}

interface HourParts extends Pick<HourRows, 'proven'> {
  /** How many records of the hour are staged. */
  readonly staged: number;
  /**
   * SQL of the hour's records that may have the identity of an earlier record, with their position as RECORD;
   * undefined if there are none.
   */
  readonly unsettled: string | undefined;
}

/**
 * Proven lines are distinct records, but two may have the same identity. If records are staged as well, the staged ones
 * are checked.
 */
function unsettledSql(pipeline: Pipeline, staged: number, proven: ProvenLines | undefined): string | undefined {
  if (staged > 0) return numberedRecordsSql(pipeline, 'rowid', `${STAGED} WHERE ${OF_HOUR}`);
  if (proven === undefined || isWholeRecord(pipeline)) return undefined;
  return numberedRecordsSql(pipeline, 'file_row_number', parquetSql(proven.path));
}

async function defineEvents(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  { unsettled, staged, proven, repeated }: HourParts & Pick<HourRows, 'repeated'>,
): Promise<void> {
  const settled = unsettled === undefined || staged > 0 ? provenPart(pipeline, proven) : [];
  const parts = [...settled, ...(unsettled === undefined ? [] : [withoutRedundant(pipeline, unsettled, REDUNDANT)])];
  const distinct = parts.join(' UNION ALL ');
  const events = repeated === undefined ? distinct : withoutRepeated(distinct, pipeline, repeated);
  await run(connection, `CREATE OR REPLACE VIEW events AS ${events}`);
}

function provenPart(pipeline: Pipeline, proven: ProvenLines | undefined): string[] {
  return proven === undefined ? [] : [`SELECT ${storedColumnsSql(pipeline)} FROM ${parquetSql(proven.path)}`];
}

/**
 * SQL of the declared columns of records without the redundant ones.
 *
 * @param records SQL of a table with the declared columns and RECORD.
 * @param redundant SQL of a table with the RECORD of each redundant one.
 */
export function withoutRedundant(pipeline: Pipeline, records: string, redundant: string): string {
  return `SELECT ${columnsSql(pipeline)} FROM ${records} AS daybreak_own
    ANTI JOIN ${redundant} AS daybreak_redundant ON daybreak_redundant.${RECORD} = daybreak_own.${RECORD}`;
}

/**
 * Finds the records whose identity came before. Hashes narrow the search to the few records that can have a duplicate;
 * these are then compared by value.
 */
async function findRedundant(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  { unsettled, staged, proven }: HourParts & { readonly unsettled: string },
): Promise<number> {
  const amongProven =
    proven === undefined || staged === 0
      ? ''
      : `UNION SELECT daybreak_own.${RECORD} FROM ${unsettled} AS daybreak_own
         SEMI JOIN (${provenPart(pipeline, proven).join('')}) AS daybreak_proven
         ON ${sameIdentity('daybreak_proven', 'daybreak_own', identityOf(pipeline))}`;
  await run(connection, `CREATE OR REPLACE TABLE ${REDUNDANT} AS ${redundantSql(pipeline, unsettled)} ${amongProven}`);
  return queryCount(connection, `SELECT count(*) FROM ${REDUNDANT}`);
}

/**
 * SQL of the records whose identity an earlier record has, as the column RECORD.
 *
 * @param records SQL of a table with the declared columns and RECORD, the number of the record.
 */
export function redundantSql(pipeline: Pipeline, records: string): string {
  const hash = identityHashSql(pipeline);
  return `WITH daybreak_shared AS MATERIALIZED
      (SELECT ${hash} AS ${IDENTITY_HASH} FROM ${records} GROUP BY ${IDENTITY_HASH} HAVING count(*) > 1)
    SELECT ${RECORD} FROM (
      SELECT ${RECORD}, row_number() OVER (PARTITION BY ${identityKeyNames(pipeline).join(', ')} ORDER BY ${RECORD}) AS daybreak_occurrence
      FROM (SELECT ${RECORD}, ${identityKeysSql(pipeline)} FROM ${records} WHERE ${hash} IN (FROM daybreak_shared)))
    WHERE daybreak_occurrence > 1`;
}

/** The column of such hashes. */
export const IDENTITY_HASH = 'daybreak_identity_hash';

/** A hash that is equal for records of the same identity. */
export function identityHashSql(pipeline: Pipeline): string {
  return `hash(${identityOf(pipeline).map(quoted).join(', ')})`;
}

/** SQL that fails if the transform, or a check of its row, fails on an event of the view `events`. */
export function checkRowsSql(loaded: LoadedPipeline): string {
  const values = ['max(hash(daybreak_row))', ...wrongRowsSql(loaded.pipeline)];
  return `SELECT ${values.join(', ')} FROM (\n${outputRowsSql(loaded)}\n) AS daybreak_row`;
}
