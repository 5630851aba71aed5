import type { DuckDBConnection } from '@duckdb/node-api';
import type { BusinessDate } from '../../../domain/business-date';
import type { ExpectedHour } from '../../../domain/file-hours';
import { isWholeRecord, type Pipeline } from '../../../domain/pipeline';
import type { NeighbourContent } from '../../model/build-plan';
import type { ListedFile } from '../../input/input-files';
import { linesAt, type Chunk } from '../../input/line-chunks';
import { endOfLine, hasLongLine } from '../../input/line-feeds';
import type { LineKernel } from '../../fast-path/kernel';
import { keptText, type QuarantinedRecord } from '../../versions/quarantine';
import { BadLines } from './bad-lines';
import { emptyStage, STAGED } from '../database';
import { findFailing } from './failing-records';
import { fastPathOf } from '../../fast-path/fast-path';
import type { RowEngine } from './hour-output';
import { LineNumbers } from './line-numbers';
import {
  beginProvenLines,
  beginScan,
  type LineScan,
  type ProvenLines,
  type ScannedHour,
} from '../../fast-path/proven-lines';
import { queryCount, queryTexts, StatementCache, streamTexts } from '../query';
import { BLANK } from '../../rule/json-line';
import { FAULT, faultOf, NOTE, noteOfFault, OF_DAY, OUTSIDE_DAY, parseLinesSql } from '../../rule/record-rule';
import { columnsSql } from '../sql';
import { timeRuleOf } from '../../rule/time-rule';

/** What the lines of one hour's files are. */
export interface StagedCounts {
  /** Lines that are not blank. */
  readonly read: number;
  readonly outsideDay: number;
  readonly quarantined: number;
  /** Valid records of other hours of the day, by hour. */
  readonly strays: Readonly<Record<string, number>>;
}

export interface HourInput extends ScannedHour {
  /** Whether it is an hour of the day; of another one only the day's records are of interest. */
  readonly own: boolean;
  /** The kernel, for this hour alone until `end`, and where rows may be kept; undefined where every line is to be staged. */
  readonly proof: { readonly kernel: LineKernel; readonly path: string } | undefined;
}

const MOST_ODD_BYTES = 8 * 1024 * 1024;
/** Below this many odd lines their share does not matter. */
const FEW_ODD_LINES = 10_000;
const MOST_ODD_SHARE = 0.2;
/** Their positions are held in memory. */
const MOST_ODD_LINES = 1024 * 1024;
/**
 * DuckDB parses some thousand lines at once, and takes up to a hundred times their bytes. Of longer lines than these so many
 * bytes are given to it at once, or one line.
 */
const FEW_BYTES_OF_LINE = 1024;
const MOST_BYTES_AT_ONCE = 1024 * 1024;
/** It also holds the rows of one vector at once, whatever their size: behind longer lines than these the vector is padded. */
const FEW_BYTES_OF_ROW = 4 * 1024;
const VECTOR_ROWS = 2048;

/**
 * The lines of one hour's files, judged. Those that the line kernel proves valid are in a Parquet file, equal
 * records once; the others in a table, where the validity rule judges them. An hour that the kernel is no help for has all
 * its lines in the table: which hours do, their content alone decides.
 */
export class HourStage {
  readonly #connection: DuckDBConnection;
  readonly #pipeline: Pipeline;
  readonly #date: BusinessDate;
  readonly #statements: StatementCache;
  #hour: ExpectedHour;
  #numbers = new LineNumbers();
  #scan: LineScan | undefined;
  #proven: ProvenLines | undefined;
  /** Odd lines that are not in the table yet, those of a chunk in one text. */
  #odd: Buffer[] = [];
  #oddBytes = 0;
  /** Rows of the table, without misplaced records from other files. */
  #rows = 0;
  readonly #unreadable: BadLines | undefined;
  /** Those on which the transform fails. */
  readonly #failing: BadLines | undefined;

  /** `scratch`: where bad lines are kept, the beginning of absolute paths. Without it nothing is known of them. */
  constructor(connection: DuckDBConnection, pipeline: Pipeline, date: BusinessDate, scratch?: string) {
    this.#unreadable = scratch === undefined ? undefined : new BadLines(`${scratch}-unreadable`);
    this.#failing = scratch === undefined ? undefined : new BadLines(`${scratch}-failing`);
    this.#connection = connection;
    this.#pipeline = pipeline;
    this.#date = date;
    this.#hour = { date, hour: '', own: true };
    this.#statements = new StatementCache(connection);
  }

  /** Of the largest record. */
  get maximumBytes(): number {
    return this.#pipeline.events.maximumBytes;
  }

  /** Whether its records are so large that rows of no record stand between them. */
  get isPadded(): boolean {
    return this.#numbers.padding > 0;
  }

  get proven(): ProvenLines | undefined {
    return this.#proven;
  }

  /** Empties the stage. */
  async begin({ own, proof, ...hour }: HourInput): Promise<void> {
    this.#hour = { ...hour, own };
    [this.#odd, this.#oddBytes, this.#rows] = [[], 0, 0];
    this.#numbers = new LineNumbers();
    await this.#removeBad();
    this.#proven =
      proof && own ? await beginProvenLines(proof.kernel, this.#pipeline, { ...hour, path: proof.path }) : undefined;
    this.#scan = proof && !own ? beginScan(proof.kernel, this.#pipeline, hour) : this.#proven;
    await emptyStage(this.#connection, this.#pipeline);
  }

  /** Resolves to the number of lines; to undefined where the hour must begin anew without a proof. */
  async add(chunk: Chunk): Promise<number | undefined> {
    const first = this.#numbers.lines;
    const lines = await (this.#scan === undefined ? this.#stage(chunk.text) : this.#prove(this.#scan, chunk.text));
    if (lines === undefined) return undefined;
    this.#numbers.add(chunk, lines);
    if (this.#numbers.rows > Math.max(FEW_ODD_LINES, MOST_ODD_SHARE * this.#numbers.lines)) return undefined;
    for (const [line, fault] of chunk.unreadable) await this.#unreadable?.add(first + line, fault);
    if (this.#oddBytes > MOST_ODD_BYTES) await this.#stageOdd();
    return lines;
  }

  async #prove(proof: LineScan, text: Buffer): Promise<number | undefined> {
    const scan = await proof.add(text);
    if (scan === undefined || this.#numbers.rows + scan.odd.length > MOST_ODD_LINES) return undefined;
    if (scan.odd.length === 0) return scan.lines;
    const odd = Buffer.allocUnsafe(scan.odd.reduce((bytes, { from, to }) => bytes + to - from + 1, 0));
    let filled = 0;
    for (const { line, from, to } of scan.odd) {
      this.#numbers.noteRow(line);
      filled += text.copy(odd, filled, from, to);
      odd[filled] = LINE_FEED;
      filled += 1;
    }
    this.#odd.push(odd);
    this.#oddBytes += filled;
    return scan.lines;
  }

  /**
   * Ends the hour's lines, which are not all of them unless `whole`. False where the hour must begin anew without a
   * proof.
   */
  async end(whole: boolean): Promise<boolean> {
    if (this.#scan === undefined) return whole;
    if (!whole) return false;
    await this.#scan.close();
    await this.#stageOdd();
    // Which of two records came first matters only where they can differ, and is known only where both are staged.
    return isWholeRecord(this.#pipeline) || (await this.#countOwn()) === 0;
  }

  /** Gives up what is held outside of the table. */
  async clear(): Promise<void> {
    await this.#scan?.remove();
    await this.#removeBad();
  }

  async counts(): Promise<StagedCounts> {
    const groups = await queryTexts(
      this.#connection,
      `SELECT CASE WHEN starts_with(${NOTE}, '${FAULT}') THEN '${FAULT}' ELSE ${NOTE} END AS what, count(*)::INTEGER
       FROM ${STAGED} WHERE ${NOTE} IS NOT NULL GROUP BY what ORDER BY what`,
    );
    const noted = new Map(groups.map(([what, count]) => [what ?? '', Number(count)]));
    const of = (what: string): number => noted.get(what) ?? 0;
    const strays = Object.fromEntries([...noted].filter(([what]) => /^\d\d$/.test(what)));
    const quarantined = of(FAULT);
    if (this.#hour.own) {
      const read = this.#numbers.lines + this.#numbers.padding - of(BLANK);
      return { read, outsideDay: of(OUTSIDE_DAY), quarantined, strays };
    }
    const ofDay = Object.values(strays).reduce((sum, count) => sum + count, 0);
    return { read: ofDay + quarantined, outsideDay: 0, quarantined, strays };
  }

  /** What of a neighbouring hour is the day's. */
  async neighbourContent(): Promise<NeighbourContent> {
    const [found] = await queryTexts(
      this.#connection,
      `SELECT count(*)::VARCHAR, coalesce(sum(hash(${columnsSql(this.#pipeline)})::HUGEINT), 0)::VARCHAR
       FROM ${STAGED} WHERE ${OF_DAY}`,
    );
    return { records: Number(found?.[0]), digest: found?.[1] ?? '' };
  }

  async *quarantined(): AsyncGenerator<QuarantinedRecord> {
    // In the order of the rows, since one thread reads them: to sort them takes the memory of all at once.
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
   * Notes the records on which the transform fails as bad; every line of `files` must be staged. Throws ENGINE_FAILED
   * where these are too many.
   */
  async rejectFailing(check: RowEngine['check'], files: readonly ListedFile[]): Promise<void> {
    const found = await findFailing(this.#connection, this.#pipeline, { rows: this.#rows, check });
    const failing = new Map([...found].map(([row, words]) => [this.#numbers.placeOf(row).position, { row, words }]));
    const statement = await this.#statements.prepare(`UPDATE ${STAGED} SET ${NOTE} = $1 WHERE rowid = $2`);
    for await (const { position, text } of linesAt(files, failing, this.maximumBytes)) {
      const { row, words } = failing.get(position) ?? { row: position, words: '' };
      const reason = `the transform fails on it: ${words}`;
      await this.#failing?.add(position, { reason, ...keptText(text) });
      statement.bindVarchar(1, noteOfFault({ reason, text: '' }));
      statement.bindBigInt(2, BigInt(row));
      await statement.run();
    }
  }

  async #removeBad(): Promise<void> {
    await this.#unreadable?.remove();
    await this.#failing?.remove();
  }

  async #stageOdd(): Promise<void> {
    if (this.#odd.length === 0) return;
    const text = Buffer.concat(this.#odd);
    [this.#odd, this.#oddBytes] = [[], 0];
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
    const fast = this.#scan === undefined ? fastPathOf(text, pipeline, () => time.fast(hour)) : undefined;
    const within = { date: this.#date, hour: own ? hour.hour : undefined };
    const parse = parseLinesSql({ pipeline, time, fast, within });
    const statement = await this.#statements.prepare(`INSERT INTO ${STAGED} ${parse}`);
    statement.bindBlob(1, text);
    const lines = (await statement.run()).rowsChanged;
    this.#rows += lines;
    return lines;
  }

  /** Completes the vector of the last row with blank ones. */
  async #pad(): Promise<void> {
    const rows = VECTOR_ROWS - (this.#rows % VECTOR_ROWS);
    const blank = await this.#statements.prepare(
      `INSERT INTO ${STAGED} (${NOTE}) SELECT '${BLANK}' FROM range($1::BIGINT)`,
    );
    blank.bindBigInt(1, BigInt(rows));
    await blank.run();
    this.#rows += rows;
    this.#numbers.notePadding(rows, this.#rows);
  }

  #countOwn(): Promise<number> {
    return queryCount(this.#connection, `SELECT count(*) FROM ${STAGED} WHERE ${NOTE} IS NULL`);
  }
}

const LINE_FEED = 10;
