import type { DuckDBConnection } from '@duckdb/node-api';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BusinessDate } from '../../../domain/business-date';
import { isWholeRecord } from '../../../domain/pipeline';
import { hashRanges } from '../../input/file-range';
import { unreadable } from '../../input/listed-file';
import type { LoadedPipeline } from '../../model/loaded-pipeline';
import { writeQuarantine, type QuarantinedRecord } from '../../versions/quarantine';
import { readQuarantine } from '../../versions/read-quarantine';
import { queryCount, run } from '../query';
import { columnsSql, literal, numberedRecordsSql, parquetSql, RECORD } from '../sql';
import type { HourStage } from '../stage/hour-stage';
import { valueFailureIn } from '../value-failure';
import {
  IDENTITY_HASH,
  identityHashSql,
  NO_ROWS,
  transformedRows,
  withoutRedundant,
  type RowEngine,
} from './hour-output';
import { identityKeyNames, identityKeysSql } from './identity-keys';
import { MisplacedRecords } from './misplaced-records';
import {
  pieceName,
  type BadOfHour,
  type FileHashes,
  type HourPart,
  type PartFile,
  type PartToWrite,
  type PieceSteps,
  type PieceToRead,
  type ReadPiece,
  type SliceOf,
  type WrittenPart,
} from './piece-steps';
import { withoutRepeated, type HourIdentities } from './repeated-identities';
import type { SourceReader } from './source-reader';

export interface PieceParts {
  readonly loaded: LoadedPipeline;
  readonly date: BusinessDate;
  /** Absolute path of the folder of the version that is built. */
  readonly folder: string;
  /** Absolute path of an existing folder for the files of pieces and parts. */
  readonly pieces: string;
  readonly connection: DuckDBConnection;
  readonly stage: HourStage;
  readonly identities: HourIdentities | undefined;
  readonly reader: SourceReader;
}

/** The column of a part's number. */
const PART = 'daybreak_part';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** Does the steps of a large hour, with the DuckDB of one worker. */
export class PieceBuilder implements PieceSteps {
  readonly #parts: PieceParts;
  readonly #rows: RowEngine;
  /** Staged records that are not of another hour. */
  readonly #own: MisplacedRecords;

  constructor(parts: PieceParts) {
    this.#parts = parts;
    this.#own = new MisplacedRecords(parts.pieces);
    this.#rows = transformedRows(parts.loaded, 'part');
  }

  async read({ hour, number, files, reading, isCounted, isSource, write }: PieceToRead): Promise<ReadPiece> {
    const { stage, reader, date, loaded, connection } = this.#parts;
    const name = pieceName(hour, number);
    const source = { date, hour, files, isCounted };
    const readings = {
      proven: () => reader.readProven(source, this.#file(`${name}.proven`)),
      all: () => reader.readAll(source),
      good: () => reader.readGood(source),
    };
    try {
      const read = await readings[reading]();
      if (read === undefined) return { outcome: 'unproven' };
      const check = !write || !isWholeRecord(loaded.pipeline);
      let found: Awaited<ReturnType<SourceReader['outcome']>> | undefined;
      const record = async (): Promise<void> => {
        if (isSource) found = await reader.outcome(name, hour, { ...read, faults: [] }, { check });
        else if (check) await reader.check({ own: true });
      };
      if (reading === 'good') await record();
      else if ((await valueFailureIn(record)) !== undefined) return { outcome: 'failing' };
      const staged = await stage.countOwn();
      if (staged > 0) await this.#own.keep(connection, name, { targets: 'own', isPadded: stage.isPadded });
      const proven = stage.takeProven();
      return {
        outcome: 'read',
        files: read.files,
        faults: read.faults,
        lines: read.lines,
        rejected: stage.rejected,
        source: found,
        proven: proven && { path: proven.path, rows: proven.unique },
        duplicates: proven?.duplicates ?? 0,
        staged: staged === 0 ? undefined : this.#own.partOf(name, 'own', staged),
      };
    } finally {
      await stage.clear();
    }
  }

  async hashFile({ path, ranges }: Parameters<PieceSteps['hashFile']>[0]): Promise<FileHashes> {
    try {
      return await hashRanges(path, ranges);
    } catch (cause) {
      throw unreadable(path, cause);
    }
  }

  async joinBad({ hour, pieces, faults }: BadOfHour): Promise<string> {
    const path = join(this.#parts.folder, `.quarantine-${hour}.ndjson`);
    await writeQuarantine(path, badOf(pieces, faults));
    for (const { path: piece } of pieces) if (piece !== undefined) await rm(piece);
    return path;
  }

  async hashIdentities(part: HourPart): Promise<string> {
    const path = this.#file(`${part.hour}-hashes-${part.number}`);
    await this.#copy(`SELECT ${identityHashSql(this.#pipeline)} AS ${IDENTITY_HASH} FROM ${this.#rowsOf(part)}`, path);
    return path;
  }

  async findShared({ hour, hashes, slice, slices }: SliceOf<'hashes'>): Promise<string | undefined> {
    const path = this.#file(`${hour}-shared-${slice}`);
    const sql = `SELECT ${IDENTITY_HASH} FROM ${parquetSql(...hashes)} WHERE ${IDENTITY_HASH} % ${slices} = ${slice}
      GROUP BY ${IDENTITY_HASH} HAVING count(*) > 1`;
    return (await this.#copy(sql, path)) === 0 ? undefined : path;
  }

  async findAlike({ shared, ...part }: Parameters<PieceSteps['findAlike']>[0]): Promise<string> {
    const path = this.#file(`${part.hour}-alike-${part.number}`);
    const hash = identityHashSql(this.#pipeline);
    const sql = `SELECT ${part.number} AS ${PART}, ${RECORD}, ${hash} AS ${IDENTITY_HASH}, ${identityKeysSql(this.#pipeline)}
      FROM ${this.#rowsOf(part)} WHERE ${hash} IN (FROM ${parquetSql(...shared)})`;
    await this.#copy(sql, path);
    return path;
  }

  async findRedundant({ hour, alike, slice, slices }: SliceOf<'alike'>): Promise<string> {
    const path = this.#file(`${hour}-redundant-${slice}`);
    const keys = identityKeyNames(this.#pipeline).join(', ');
    const sql = `SELECT ${PART}, ${RECORD} FROM (
        SELECT ${PART}, ${RECORD}, row_number() OVER (PARTITION BY ${keys} ORDER BY ${PART}, ${RECORD}) AS daybreak_occurrence
        FROM ${parquetSql(...alike)} WHERE ${IDENTITY_HASH} % ${slices} = ${slice})
      WHERE daybreak_occurrence > 1`;
    await this.#copy(sql, path);
    return path;
  }

  async write({ redundant, repeated, isGood, ...part }: PartToWrite): Promise<WrittenPart | undefined> {
    const { connection, identities } = this.#parts;
    const path = join(this.#parts.pieces, `${part.hour}-rows-${part.number}.ndjson`);
    const dropped = redundant.length === 0 ? undefined : `${parquetSql(...redundant)} WHERE ${PART} = ${part.number}`;
    const first =
      dropped === undefined
        ? `SELECT ${columnsSql(this.#pipeline)} FROM ${this.#rowsOf(part)}`
        : withoutRedundant(this.#pipeline, this.#rowsOf(part), `(SELECT ${RECORD} FROM ${dropped})`);
    const events = repeated === undefined ? first : withoutRepeated(first, this.#pipeline, repeated);
    await run(connection, `CREATE OR REPLACE VIEW events AS ${events}`);
    const kept =
      repeated === undefined
        ? part.rows - (dropped === undefined ? 0 : await queryCount(connection, `SELECT count(*) FROM ${dropped}`))
        : await queryCount(connection, 'SELECT count(*) FROM events');
    if (kept === 0) return { kept, ...NO_ROWS, path: undefined };
    let written: WrittenPart | undefined;
    const transform = async (): Promise<void> => {
      written = { kept, ...(await this.#rows.write(connection, path, kept)), path };
    };
    await (isGood ? transform() : valueFailureIn(transform));
    if (written !== undefined && repeated === undefined) await identities?.keep(connection, part.hour, part.number);
    return written;
  }

  async join({ hour, paths }: Parameters<PieceSteps['join']>[0]): Promise<{ bytes: number; sha256: string }> {
    const hash = createHash('sha256');
    const whole = await open(join(this.#parts.folder, `${hour}.ndjson`), 'w');
    let bytes = 0;
    try {
      for (const path of paths) {
        // No encoding: Buffers.
        const chunks = createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
        for await (const chunk of chunks) {
          const writing = whole.appendFile(chunk);
          hash.update(chunk);
          bytes += chunk.length;
          await writing;
        }
        await rm(path);
      }
    } finally {
      await whole.close();
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  get #pipeline() {
    return this.#parts.loaded.pipeline;
  }

  #file(name: string): string {
    return join(this.#parts.pieces, `${name}.parquet`);
  }

  /** SQL of a part's records, in order, with their position as RECORD. */
  #rowsOf({ path, where }: PartFile): string {
    const from = where === undefined ? parquetSql(path) : `${parquetSql(path)} WHERE ${where}`;
    return numberedRecordsSql(this.#pipeline, 'file_row_number', from);
  }

  /** Resolves to the number of rows. */
  #copy(sql: string, path: string): Promise<number> {
    return queryCount(this.#parts.connection, `COPY (${sql}) TO ${literal(path)} (FORMAT parquet)`);
  }
}

/** The records of the pieces, whose lines then count from the beginning of their file, and the faults behind them. */
async function* badOf(
  pieces: BadOfHour['pieces'],
  faults: readonly QuarantinedRecord[],
): AsyncGenerator<QuarantinedRecord> {
  for (const { path, linesBefore } of pieces) {
    if (path === undefined) continue;
    for await (const record of readQuarantine(path)) yield { ...record, line: record.line + linesBefore };
  }
  yield* faults;
}
