import type { DuckDBConnection } from '@duckdb/node-api';
import { join } from 'node:path';
import type { BusinessDate } from '../../domain/business-date';
import type { OutputColumn } from '../../domain/pipeline';
import type { ListedInput } from '../input/input-files';
import type { ListedFile } from '../input/listed-file';
import type { OpenPipeline } from '../pipeline/open-pipeline';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import { refuseMultipliedRows } from '../rule/multiplied-rows';
import { OF_DAY } from '../rule/record-rule';
import { byHour } from '../versions/input-changes';
import type { QuarantinedRecord } from '../versions/quarantine';
import { STAGED } from './database';
import { redundantSql, transformedRows, withoutRedundant, type RowEngine } from './hours/hour-output';
import { outputRowsSql } from './output-rows';
import { queryCount, queryTexts } from './query';
import { numberedRecordsSql, quoted } from './sql';
import { HourStage } from './stage/hour-stage';
import { stageAll, type ReadFiles } from './stage/stage-files';
import { valueFailureIn } from './value-failure';

export interface PreviewOptions {
  readonly date: BusinessDate;
  /** How many rows to give at most, and how many bad records. */
  readonly limit: number;
  /** Absolute path of an existing folder of its own, for what is kept on disk meanwhile. */
  readonly scratch: string;
  /** It ends after so many bytes of lines without enough rows. Default: 64 MiB. */
  readonly mostBytes?: number;
  readonly signal?: AbortSignal;
}

/** The beginning of a day, as a build makes it. */
export interface Preview {
  readonly columns: readonly OutputColumn[];
  /** In the order of their records. */
  readonly rows: readonly PreviewRow[];
  /** The first bad records. */
  readonly bad: readonly QuarantinedRecord[];
  /** What was read for these. */
  readonly read: PreviewCounts;
  /** Whether the day has no other rows. */
  readonly isWhole: boolean;
}

export interface PreviewRow {
  /** The JSON text of each column's value, as a build writes it. */
  readonly cells: readonly string[];
  /** The names of the checks that find the row wrong. */
  readonly wrong: readonly string[];
}

export interface PreviewCounts {
  readonly records: number;
  readonly quarantined: number;
  /** Valid records of other days. */
  readonly outsideDay: number;
  /** Files that were read to their end. */
  readonly files: number;
}

const MEBIBYTE = 1024 ** 2;

/**
 * Reads the files of a day, hour by hour, until they give enough rows, and does what a build does: the validity rule, the
 * removal of duplicates, the SQL, the checks. Duplicates of records in another hour's files stay. Writes only to
 * `scratch`. Throws UNREADABLE_INPUT, STORAGE_FAILED, STORAGE_REFUSED, STORAGE_CHANGED, MULTIPLIED_ROWS, or
 * ENGINE_FAILED if the transform fails on too many records.
 */
export async function previewDay(
  { loaded, database }: OpenPipeline,
  { own, neighbours }: Pick<ListedInput, 'own' | 'neighbours'>,
  options: PreviewOptions,
): Promise<Preview> {
  const { limit, mostBytes = 64 * MEBIBYTE } = options;
  const reader = new BeginningReader(loaded, database.connection, options);
  const rows: PreviewRow[] = [];
  const bad: QuarantinedRecord[] = [];
  let read: PreviewCounts = { records: 0, quarantined: 0, outsideDay: 0, files: 0 };
  let bytes = 0;
  let isWhole = true;
  for (const [hour, files] of [...sorted(byHour(own)), ...sorted(byHour(neighbours))]) {
    if (rows.length === limit || bytes >= mostBytes) {
      isWhole = false;
      break;
    }
    const wanted = { rows: limit - rows.length, bad: limit - bad.length, bytes: mostBytes - bytes };
    const found = await reader.read(hour, files, wanted);
    rows.push(...found.rows);
    bad.push(...found.bad);
    read = sumOf(read, found.read);
    bytes += found.bytes;
    isWhole &&= found.isWhole;
  }
  return { columns: loaded.outputColumns, rows, bad, read, isWhole };
}

/** At most; only the bytes may become more, by one chunk. */
interface Wanted {
  readonly rows: number;
  readonly bad: number;
  readonly bytes: number;
}

interface Staged extends ReadFiles {
  readonly bytes: number;
  /** Whether the rest of the files was not read. */
  readonly isCut: boolean;
  /** How many rows the staged records give. */
  readonly rows: number;
}

type FoundRows = Omit<Preview, 'columns'> & Pick<Staged, 'bytes'>;

/** Reads as much of an hour's files as gives the rows that are wanted. */
class BeginningReader {
  readonly #loaded: LoadedPipeline;
  readonly #connection: DuckDBConnection;
  readonly #date: BusinessDate;
  readonly #signal: AbortSignal;
  readonly #stage: HourStage;
  readonly #check: RowEngine['check'];
  /** SQL of the rows. */
  readonly #output: string;

  constructor(loaded: LoadedPipeline, connection: DuckDBConnection, { date, scratch, signal }: PreviewOptions) {
    this.#loaded = loaded;
    this.#connection = connection;
    this.#date = date;
    this.#signal = signal ?? new AbortController().signal;
    this.#stage = new HourStage(connection, loaded.pipeline, date, join(scratch, 'bad'));
    this.#check = transformedRows(loaded).check;
    this.#output = outputRowsSql(loaded);
  }

  async read(hour: string, files: readonly ListedFile[], wanted: Wanted): Promise<FoundRows> {
    try {
      // Few files first, since in a storage each costs a request. A duplicate can be in any of them, so they are staged
      // together.
      for (let count = 1; ; count *= 2) {
        const staged = await this.#stageBeginning(hour, files.slice(0, count), wanted);
        const isLast = count >= files.length;
        if (!isLast && staged.bytes < wanted.bytes && staged.rows < wanted.rows) continue;
        const isWhole = isLast && !staged.isCut && staged.rows <= wanted.rows;
        return { ...(await this.#found(hour, staged, wanted)), bytes: staged.bytes, isWhole };
      }
    } finally {
      await this.#stage.clear();
    }
  }

  /** Stages the files up to enough rows. Records on which the transform fails become bad records. */
  async #stageBeginning(hour: string, files: readonly ListedFile[], wanted: Wanted): Promise<Staged> {
    let [bytes, next, isCut] = [0, 0, false];
    const isEnough = async (now: number): Promise<boolean> => {
      bytes = now;
      isCut = bytes >= wanted.bytes;
      if (isCut || bytes < next) return isCut;
      // Twice as many, so that all the counts together cost no more than the last one.
      next = 2 * bytes;
      await this.#rejectFailing(files);
      isCut = (await this.#countRows()) >= wanted.rows;
      return isCut;
    };
    const read = await stageAll(this.#stage, { date: this.#date, hour, files }, { signal: this.#signal, isEnough });
    await this.#rejectFailing(files);
    return { ...read, bytes, isCut, rows: await this.#countRows() };
  }

  async #rejectFailing(files: readonly ListedFile[]): Promise<void> {
    await this.#defineEvents();
    if ((await valueFailureIn(() => this.#check(this.#connection))) === undefined) return;
    await this.#stage.rejectFailingBeginning(this.#check, files);
  }

  async #countRows(): Promise<number> {
    await this.#defineEvents();
    return queryCount(this.#connection, `SELECT count(*) FROM (\n${this.#output}\n)`);
  }

  async #found(
    hour: string,
    { faults, files, rows }: Staged,
    wanted: Wanted,
  ): Promise<Pick<Preview, 'rows' | 'bad' | 'read'>> {
    const events = await queryCount(this.#connection, 'SELECT count(*) FROM events');
    refuseMultipliedRows(this.#loaded, { events, rows, of: `the hour ${hour} of ${this.#date}` });
    const counts = await this.#stage.counts();
    const bad: QuarantinedRecord[] = [];
    for await (const record of this.#stage.quarantined()) {
      if (bad.length >= wanted.bad) break;
      bad.push(record);
    }
    bad.push(...faults.slice(0, wanted.bad - bad.length));
    return {
      rows: await this.#rows(wanted.rows),
      bad,
      read: {
        records: counts.read + faults.length,
        quarantined: counts.quarantined + faults.length,
        outsideDay: counts.outsideDay,
        files: files.length,
      },
    };
  }

  async #rows(most: number): Promise<PreviewRow[]> {
    const { outputColumns, pipeline } = this.#loaded;
    const cells = outputColumns.map(({ name }) => `coalesce(to_json(${quoted(name)})::VARCHAR, 'null')`);
    const checks = pipeline.checks.map(({ where }) => `CASE WHEN (\n${where}\n) THEN '' END`);
    const rows = await queryTexts(
      this.#connection,
      `SELECT ${[...cells, ...checks].join(', ')} FROM (\n${this.#output}\n) AS daybreak_row LIMIT ${most}`,
    );
    return rows.map((row) => ({
      cells: row.slice(0, cells.length).map((cell) => cell ?? 'null'),
      wrong: pipeline.checks.flatMap(({ name }, index) => (row[cells.length + index] === null ? [] : [name])),
    }));
  }

  /** The view `events`: the staged records of the day, each once, in the order of the lines. */
  async #defineEvents(): Promise<void> {
    const { pipeline } = this.#loaded;
    const records = numberedRecordsSql(pipeline, 'rowid', `${STAGED} WHERE ${OF_DAY}`);
    const events = withoutRedundant(pipeline, records, `(${redundantSql(pipeline, records)})`);
    await this.#connection.run(`CREATE OR REPLACE VIEW events AS ${events}`);
  }
}

function sumOf(one: PreviewCounts, other: PreviewCounts): PreviewCounts {
  return {
    records: one.records + other.records,
    quarantined: one.quarantined + other.quarantined,
    outsideDay: one.outsideDay + other.outsideDay,
    files: one.files + other.files,
  };
}

function sorted<T>(hours: ReadonlyMap<string, T>): [hour: string, value: T][] {
  return [...hours].sort(([one], [other]) => (one < other ? -1 : 1));
}
