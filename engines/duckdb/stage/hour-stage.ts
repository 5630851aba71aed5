import type { DuckDBConnection } from '@duckdb/node-api';
import type { BusinessDate } from '../../../domain/business-date';
import type { ExpectedHour } from '../../../domain/file-hours';
import { isWholeRecord, type Pipeline } from '../../../domain/pipeline';
import type { InputFile } from '../../../domain/day-manifest';
import type { NeighbourContent } from '../../model/build-plan';
import type { ListedFile } from '../../input/listed-file';
import { linesAt, type Chunk, type ReadOptions } from '../../input/line-chunks';
import { endOfLine, hasLongLine } from '../../input/framing/line-feeds';
import { keptText, type QuarantinedRecord } from '../../versions/quarantine';
import { BadLines } from './bad-lines';
import { emptyStage, STAGED } from '../database';
import { findFailing } from './failing-records';
import { fastPath } from '../fast-path';
import type { RowEngine } from '../hours/hour-output';
import { LineNumbers } from './line-numbers';
import type { HourScan, ProvenLines } from '../../model/fast-path';
import { queryCount, queryTexts, runPrepared, StatementCache, streamTexts } from '../query';
import { BLANK } from '../../rule/json-line';
import { FAULT, faultOf, NOTE, noteOfFault, OF_DAY, OUTSIDE_DAY, parseLinesSql } from '../../rule/record-rule';
import { columnsSql, storedColumnsSql } from '../sql';
import { timeRuleOf } from '../../rule/time-rule';

/** The counts of the lines in one hour's files. */
export interface StagedCounts {
  /** Lines that are not blank. */
  readonly read: number;
  readonly outsideDay: number;
  readonly quarantined: number;
  /** Valid records of other hours of the day, by hour. */
  readonly misplaced: Readonly<Record<string, number>>;
}

/** The hour is one of the day, or a neighbouring one, in which only records of the day count. */
export interface HourInput extends ExpectedHour {
  /** Scans the hour's lines; undefined if every line is to be staged. */
  readonly scan: HourScan | undefined;
}

/** A file and the hash of its content. */
export type FileContent = Pick<InputFile, 'file' | 'sha256'>;

/** Bytes of scan misses that wait to be staged together. */
const MOST_MISSED_BYTES = 8 * 1024 * 1024;
/**
 * DuckDB parses some thousand lines at once and takes up to a hundred times their bytes. If lines are longer than
 * `FEW_BYTES_OF_LINE`, it gets at most `MOST_BYTES_AT_ONCE` at once, or one line.
 */
const FEW_BYTES_OF_LINE = 1024;
const MOST_BYTES_AT_ONCE = 1024 * 1024;
/**
 * DuckDB also holds the rows of one vector at once, whatever their size. Behind a longer line than this the vector is
 * padded.
 */
const FEW_BYTES_OF_ROW = 4 * 1024;
const VECTOR_ROWS = 2048;

/**
 * The lines of one hour's files, read by the validity rule. Lines that a scan proves valid are in a Parquet file, equal
 * records once. The other lines are in a table, where the rule checks them. If a scan does not help for an hour, all
 * its lines are in the table. The hour's content alone decides this.
 */
export class HourStage {
  readonly #connection: DuckDBConnection;
  readonly #pipeline: Pipeline;
  readonly #date: BusinessDate;
  readonly #statements: StatementCache;
  #hour: ExpectedHour;
  #numbers = new LineNumbers();
  #scan: HourScan | undefined;
  /** Scan misses that are not in the table yet, one text per chunk. */
  #missed: Buffer[] = [];
  #missedBytes = 0;
  /** Rows of the table, without misplaced records from other files. */
  #rows = 0;
  readonly #unreadable: BadLines | undefined;
  /** The lines on which the transform fails. */
  readonly #failing: BadLines | undefined;
  #rejected: readonly string[] = [];

  /**
   * @param scratch the beginning of the absolute paths at which bad lines are kept. Without it bad lines are not kept.
   */
  constructor(connection: DuckDBConnection, pipeline: Pipeline, date: BusinessDate, scratch?: string) {
    this.#unreadable = scratch === undefined ? undefined : new BadLines(`${scratch}-unreadable`);
    this.#failing = scratch === undefined ? undefined : new BadLines(`${scratch}-failing`);
    this.#connection = connection;
    this.#pipeline = pipeline;
    this.#date = date;
    this.#hour = { date, hour: '', own: true };
    this.#statements = new StatementCache(connection);
  }

  /** The options for reading its files. */
  get reading(): Pick<ReadOptions, 'maximumBytes' | 'framing'> {
    const { events, files } = this.#pipeline;
    return { maximumBytes: events.maximumBytes, framing: files.framing };
  }

  /** Whether its records are so large that padding rows stand between them. */
  get isPadded(): boolean {
    return this.#numbers.padding > 0;
  }

  get proven(): ProvenLines | undefined {
    return this.#scan?.proven;
  }

  /** The same, which is then the caller's to remove. */
  takeProven(): ProvenLines | undefined {
    const proven = this.#scan?.proven;
    this.#scan = undefined;
    return proven;
  }

  /** DuckDB's message for each record that was rejected because the transform fails on it. */
  get rejected(): readonly string[] {
    return this.#rejected;
  }

  /** How many records of the hour are staged. */
  countOwn(): Promise<number> {
    return queryCount(this.#connection, `SELECT count(*) FROM ${STAGED} WHERE ${NOTE} IS NULL`);
  }

  /** Empties the stage. */
  async begin({ scan, ...hour }: HourInput): Promise<void> {
    this.#hour = hour;
    [this.#missed, this.#missedBytes, this.#rows, this.#rejected] = [[], 0, 0, []];
    this.#numbers = new LineNumbers();
    await this.#removeBad();
    this.#scan = scan;
    await scan?.begin();
    await emptyStage(this.#connection, this.#pipeline);
  }

  /** Resolves to the number of lines, or to undefined if the hour must begin again without a scan. */
  async add(chunk: Chunk): Promise<number | undefined> {
    const first = this.#numbers.lines;
    const lines = await (this.#scan === undefined ? this.#stage(chunk.text) : this.#scanned(this.#scan, chunk.text));
    if (lines === undefined) return undefined;
    this.#numbers.add(chunk, lines);
    for (const [line, fault] of chunk.unreadable) await this.#unreadable?.add(first + line, fault);
    if (this.#missedBytes > MOST_MISSED_BYTES) await this.#stageMissed();
    return lines;
  }

  async #scanned(scan: HourScan, text: Buffer): Promise<number | undefined> {
    const { lines, misses } = (await scan.add(text)) ?? {};
    if (misses !== undefined) {
      for (const position of misses.positions) this.#numbers.noteRow(position);
      this.#missed.push(misses.text);
      this.#missedBytes += misses.text.length;
    }
    return lines;
  }

  /**
   * Ends the hour's lines. `whole` says whether all of them were added. Resolves to false if the hour must begin again
   * without a scan.
   */
  async end(whole: boolean): Promise<boolean> {
    if (this.#scan === undefined) return whole;
    if (!whole) return false;
    await this.#scan.close();
    await this.#stageMissed();
    // Which of two records came first matters only if they can differ, and is known only if both are staged.
    return isWholeRecord(this.#pipeline) || (await this.countOwn()) === 0;
  }

  /** Releases what is held outside of the table. */
  async clear(): Promise<void> {
    await this.#scan?.remove();
    await this.#removeBad();
  }

  async counts(): Promise<StagedCounts> {
    const groups = await queryTexts(this.#connection, COUNT_NOTES);
    const noted = new Map(groups.map(([what, count]) => [what ?? '', Number(count)]));
    const of = (what: string): number => noted.get(what) ?? 0;
    const misplaced = Object.fromEntries([...noted].filter(([what]) => /^\d\d$/.test(what)));
    const quarantined = of(FAULT);
    if (this.#hour.own) {
      const read = this.#numbers.lines + this.#numbers.padding - of(BLANK);
      return { read, outsideDay: of(OUTSIDE_DAY), quarantined, misplaced };
    }
    const ofDay = Object.values(misplaced).reduce((sum, count) => sum + count, 0);
    return { read: ofDay + quarantined, outsideDay: 0, quarantined, misplaced };
  }

  /** The records of the day in the files of a neighbouring hour. */
  async neighbourContent(): Promise<NeighbourContent> {
    const [found] = await queryTexts(this.#connection, neighbourContentSql(this.#pipeline));
    return { records: Number(found?.[0]), digest: found?.[1] ?? '' };
  }

  async *quarantined(): AsyncGenerator<QuarantinedRecord> {
    // In the order of the rows, since one thread reads them. To sort them would take the memory of all at once.
    const faults = streamTexts(
      this.#connection,
      `SELECT rowid::VARCHAR, ${NOTE} FROM ${STAGED} WHERE starts_with(${NOTE}, '${FAULT}')`,
    );
    const finders = [this.#unreadable, this.#failing].map((lines) => lines?.finder());
    for await (const [row, note] of faults) {
      const { position, ...place } = this.#numbers.placeOf(Number(row));
      const kept = (await finders[0]?.(position)) ?? (await finders[1]?.(position));
      const { reason, text } = faultOf(note ?? '');
      yield { ...place, ...(kept ?? { reason, ...keptText(text) }) };
    }
  }

  /**
   * Records as bad the records on which the transform fails; every line of `files` must be staged. Reads the files
   * again for the text of these records, and resolves to the files as they are now. A record that has disappeared
   * meanwhile is bad all the same. Throws ENGINE_FAILED if there are too many.
   */
  async rejectFailing(check: RowEngine['check'], files: readonly ListedFile[]): Promise<FileContent[]> {
    const now: FileContent[] = [];
    await this.#rejectFailing(check, files, ({ file }, { sha256 }) => now.push({ file, sha256 }));
    return now;
  }

  /** The same if only the first lines of `files` are staged. The files are read as far as needed. */
  async rejectFailingBeginning(check: RowEngine['check'], files: readonly ListedFile[]): Promise<void> {
    await this.#rejectFailing(check, files, undefined);
  }

  async #rejectFailing(
    check: RowEngine['check'],
    files: readonly ListedFile[],
    onFile: ReadOptions['onFile'],
  ): Promise<void> {
    const found = await findFailing(this.#connection, this.#pipeline, { rows: this.#rows, check });
    const statement = await this.#statements.prepare(`UPDATE ${STAGED} SET ${NOTE} = $1 WHERE rowid = $2`);
    this.#rejected = [...found.values()];
    const failing = new Map<number, string>();
    for (const [row, words] of found) {
      const reason = `the transform fails on it: ${words}`;
      failing.set(this.#numbers.placeOf(row).position, reason);
      statement.bindVarchar(1, noteOfFault({ reason, text: '' }));
      statement.bindBigInt(2, BigInt(row));
      await runPrepared(statement);
    }
    for await (const { position, text } of linesAt(files, failing, { ...this.reading, onFile })) {
      await this.#failing?.add(position, { reason: failing.get(position) ?? '', ...keptText(text) });
    }
  }

  async #removeBad(): Promise<void> {
    await this.#unreadable?.remove();
    await this.#failing?.remove();
  }

  async #stageMissed(): Promise<void> {
    if (this.#missed.length === 0) return;
    const text = Buffer.concat(this.#missed);
    [this.#missed, this.#missedBytes] = [[], 0];
    await this.#stage(text.subarray(0, -1));
  }

  /** Resolves to the number of lines. */
  async #stage(text: Buffer): Promise<number> {
    if (!hasLongLine(text, FEW_BYTES_OF_LINE)) return this.#insert(text);
    let lines = 0;
    for (let start = 0; start <= text.length;) {
      const last = text.lastIndexOf(LINE_FEED, start + MOST_BYTES_AT_ONCE);
      const end =
        start + MOST_BYTES_AT_ONCE >= text.length ? text.length : last < start ? endOfLine(text, start) : last;
      const part = text.subarray(start, end);
      lines += await this.#insert(part);
      if (hasLongLine(part, FEW_BYTES_OF_ROW)) await this.#pad();
      start = end + 1;
    }
    return lines;
  }

  async #insert(text: Buffer): Promise<number> {
    const pipeline = this.#pipeline;
    const { own, ...hour } = this.#hour;
    const time = timeRuleOf(pipeline);
    // A line that a scan missed has no layout, or a value that needs the whole rule.
    const proof = this.#scan === undefined ? fastPath?.proveEvents(text, pipeline, hour) : undefined;
    const within = { date: this.#date, hour: own ? hour.hour : undefined };
    const parse = parseLinesSql({ pipeline, time, proof, within });
    const statement = await this.#statements.prepare(`INSERT INTO ${STAGED} ${parse}`);
    statement.bindBlob(1, text);
    const lines = (await runPrepared(statement)).rowsChanged;
    this.#rows += lines;
    return lines;
  }

  /** Fills the vector of the last row with blank rows. */
  async #pad(): Promise<void> {
    const rows = VECTOR_ROWS - (this.#rows % VECTOR_ROWS);
    const blank = await this.#statements.prepare(
      `INSERT INTO ${STAGED} (${NOTE}) SELECT '${BLANK}' FROM range($1::BIGINT)`,
    );
    blank.bindBigInt(1, BigInt(rows));
    await runPrepared(blank);
    this.#rows += rows;
    this.#numbers.notePadding(rows, this.#rows);
  }
}

/** SQL of how many staged lines have each note, all faults as one. */
export const COUNT_NOTES = `SELECT CASE WHEN starts_with(${NOTE}, '${FAULT}') THEN '${FAULT}' ELSE ${NOTE} END AS daybreak_what, count(*)
  FROM ${STAGED} WHERE ${NOTE} IS NOT NULL GROUP BY daybreak_what`;

/** SQL of the records and the digest of NeighbourContent, over the staged lines. */
export function neighbourContentSql(pipeline: Pipeline): string {
  return `SELECT count(*), coalesce(sum(hash(${columnsSql(pipeline)})::HUGEINT), 0)::VARCHAR
    FROM (SELECT ${storedColumnsSql(pipeline)} FROM ${STAGED} WHERE ${OF_DAY})`;
}

const LINE_FEED = 10;
