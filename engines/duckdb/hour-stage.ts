import type { DuckDBConnection } from '@duckdb/node-api';
import type { BusinessDate } from '../../domain/business-date';
import type { Pipeline } from '../../domain/pipeline';
import type { Piece } from '../input-pieces';
import type { QuarantinedRecord } from '../quarantine';
import { emptyStage, STAGED } from './database';
import { fastPathOf } from './fast-path';
import { queryTexts, StatementCache } from './query';
import { BLANK, FAULT, NOTE, OUTSIDE_DAY, parseLinesSql } from './record-rule';
import { timeRuleOf } from './time-rule';

/** What the lines of one hour's files are. */
export interface StagedCounts {
  /** Lines that are not blank. */
  readonly read: number;
  readonly outsideDay: number;
  readonly quarantined: number;
  /** Valid records of other hours of the day, by hour. */
  readonly strays: Readonly<Record<string, number>>;
}

/** The lines of one hour's files in a table, judged. */
export interface HourStage {
  /** Empties the table; the lines to come are those of the files of `hour`. */
  begin(hour: string): Promise<void>;
  /** Resolves to the number of lines. */
  add(piece: Piece): Promise<number>;
  counts(): Promise<StagedCounts>;
  quarantined(): Promise<QuarantinedRecord[]>;
  /** Lines of one of the files, blank ones too. */
  linesOf(file: string): number;
}

interface StagedSpan {
  readonly file: string;
  readonly firstRow: number;
}

export function createHourStage(connection: DuckDBConnection, pipeline: Pipeline, date: BusinessDate): HourStage {
  const statements = new StatementCache(connection);
  const time = timeRuleOf(pipeline);
  let [hour, rows, spans]: [string, number, StagedSpan[]] = ['', 0, []];
  const undecodable = new Map<number, Buffer>();

  function note({ spans: added, undecodable: bytes }: Piece, count: number): void {
    for (const [line, content] of bytes) undecodable.set(rows + line, content);
    for (const { file, lines = count } of added) {
      const last = spans.at(-1);
      if (last?.file !== file) spans.push({ file, firstRow: rows });
      rows += lines;
    }
  }

  function recordOf(row: number, note: string): QuarantinedRecord {
    const [reason = '', text = ''] = note.slice(FAULT.length).split('\n');
    const span = spans.findLast(({ firstRow }) => firstRow <= row);
    const place = { file: span?.file ?? '', line: row - (span?.firstRow ?? 0) + 1 };
    const bytes = undecodable.get(row);
    if (bytes === undefined) return { ...place, reason, text };
    return { ...place, reason: 'not valid UTF-8', text: bytes.toString(), base64: bytes.toString('base64') };
  }

  return {
    async begin(next) {
      [hour, rows, spans] = [next, 0, []];
      undecodable.clear();
      await emptyStage(connection, pipeline);
    },
    async add(piece) {
      const fast = fastPathOf(piece.text, pipeline, () => time.fast({ date, hour }));
      const parse = parseLinesSql({ pipeline, time, fast, within: { date, hour } });
      const statement = await statements.prepare(`INSERT INTO ${STAGED} ${parse}`);
      statement.bindBlob(1, piece.text);
      const { rowsChanged } = await statement.run();
      note(piece, rowsChanged);
      return rowsChanged;
    },
    async counts() {
      const groups = await queryTexts(
        connection,
        `SELECT CASE WHEN starts_with(${NOTE}, '${FAULT}') THEN '${FAULT}' ELSE ${NOTE} END AS what, count(*)::INTEGER
         FROM ${STAGED} WHERE ${NOTE} IS NOT NULL GROUP BY what ORDER BY what`,
      );
      const noted = new Map(groups.map(([what, count]) => [what ?? '', Number(count)]));
      const [blank, outsideDay, quarantined] = [BLANK, OUTSIDE_DAY, FAULT].map((what) => noted.get(what) ?? 0) as [
        number,
        number,
        number,
      ]; // As many as asked.
      const strays = Object.fromEntries([...noted].filter(([what]) => /^\d\d$/.test(what)));
      return { read: rows - blank, outsideDay, quarantined, strays };
    },
    async quarantined() {
      const faults = await queryTexts(
        connection,
        `SELECT rowid::VARCHAR, ${NOTE} FROM ${STAGED} WHERE starts_with(${NOTE}, '${FAULT}') ORDER BY rowid`,
      );
      return faults.map(([row, note]) => recordOf(Number(row), note ?? ''));
    },
    linesOf(file) {
      const index = spans.findIndex((span) => span.file === file);
      const span = spans[index];
      return span === undefined ? 0 : (spans[index + 1]?.firstRow ?? rows) - span.firstRow;
    },
  };
}
