import type { DuckDBConnection } from '@duckdb/node-api';
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { OutputType } from '../../domain/column-types';
import { outputTimeColumnOf, type OutputColumn, type Pipeline } from '../../domain/pipeline';
import { timeRuleOf } from '../rule/time-rule';
import { linePieces } from './line-pieces';
import { rowsOfFile, withRowsReader, type RowsReader } from './rows-of-file';
import { exactly, literal, quoted } from './sql';

/** What rows there are, as counts and a checksum. If two contents are equal, they have the same rows, each as often. */
export interface Content {
  readonly rows: number;
  /** How many distinct rows there are. */
  readonly distinct: number;
  /**
   * Sum of the rows' hashes as decimal text. It is the same for the same rows in any order, and counts repeats. '0' for
   * no rows.
   */
  readonly checksum: string;
}

export const NO_CONTENT: Content = { rows: 0, distinct: 0, checksum: '0' };

/**
 * Counts rows of some columns in memory that does not grow with them: it spills to the folder `scratch`, eight bytes for
 * each distinct row. Calls may run at the same time.
 */
export interface RowCounter {
  /** The rows of an NDJSON file, by its absolute path. A name that ends in .gz or .zst is of a compressed file. */
  ofFile(file: string): Promise<Content>;
  /** Rows as Druid gives them, in JSON lines in parts of any size: a JSON column has its value as text. Holds one piece of them in `scratch` at a time. */
  ofLines(lines: AsyncIterable<Buffer>): Promise<Content>;
}

/** Runs `use` with a counter. `scratch` is the absolute path of a folder. */
export async function withRowCounter<T>(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  scratch: string,
  use: (counter: RowCounter) => Promise<T>,
): Promise<T> {
  return withRowsReader(pipeline, { scratch }, (reader) => {
    const rows = (file: string, jsonAsText: boolean): Promise<CountedRows> =>
      CountedRows.open(reader, { columns, file, jsonAsText });
    return use({
      async ofFile(file) {
        const counted = await rows(file, false);
        await counted.add();
        return counted.content();
      },
      async ofLines(lines) {
        const file = join(scratch, `${randomUUID()}.ndjson`);
        const counted = await rows(file, true);
        try {
          for await (const piece of linePieces(lines)) {
            await writeFile(file, piece);
            await counted.add();
          }
        } finally {
          await rm(file, { force: true });
        }
        return counted.content();
      },
    });
  });
}

/** The rows that a file has had. */
class CountedRows {
  readonly #reader: RowsReader;
  readonly #connection: DuckDBConnection;
  readonly #file: string;
  readonly #addSql: string;

  private constructor(reader: RowsReader, connection: DuckDBConnection, file: string, addSql: string) {
    this.#reader = reader;
    this.#connection = connection;
    this.#file = file;
    this.#addSql = addSql;
  }

  static async open(
    reader: RowsReader,
    {
      columns,
      file,
      jsonAsText,
    }: {
      readonly columns: readonly OutputColumn[];
      readonly file: string;
      readonly jsonAsText: boolean;
    },
  ): Promise<CountedRows> {
    const { pipeline } = reader;
    const connection = await reader.connect();
    // A temporary table is the connection's own.
    await connection.run('CREATE TEMP TABLE counted (row_hash UBIGINT, copies BIGINT)');
    const hash = `hash(${columns.map((column) => compared(pipeline, column)).join(', ')})`;
    const addSql = `INSERT INTO counted SELECT ${hash}, count(*) FROM ${rowsOfFile(pipeline, columns, (type) => readType(type, jsonAsText))} GROUP BY ALL`;
    return new CountedRows(reader, connection, file, addSql);
  }

  /** Adds the rows that the file has now. */
  async add(): Promise<void> {
    await this.#reader.reading(() => this.#connection.run(this.#addSql, { file: exactly(this.#file) }));
  }

  async content(): Promise<Content> {
    const reader = await this.#connection.runAndReadAll(
      'SELECT sum(copies)::BIGINT, count(DISTINCT row_hash)::BIGINT, sum(row_hash::HUGEINT * copies)::VARCHAR FROM counted',
    );
    this.#connection.closeSync();
    const [rows, distinct, checksum] = totals.parse(reader.getRowsJson()[0]);
    return { rows, distinct, checksum };
  }
}

/** Numbers come as text; sums over no row are null. */
const totals = z.tuple([
  z.coerce.number(),
  z.coerce.number(),
  z
    .string()
    .nullable()
    .transform((sum) => sum ?? '0'),
]);

/** Druid gives true and false as 1 and 0, so they are read as they are written. */
function readType(type: OutputType, jsonAsText: boolean): string {
  if (type === 'BOOLEAN' || (type === 'JSON' && jsonAsText)) return 'VARCHAR';
  return type === 'BOOLEAN[]' ? 'VARCHAR[]' : type;
}

/** SQL that is equal for equal values, whoever wrote them. */
function compared(pipeline: Pipeline, { name, type }: OutputColumn): string {
  const column = quoted(name);
  if (name === outputTimeColumnOf(pipeline)) return comparedTime(pipeline, column);
  switch (type) {
    case 'BOOLEAN':
      return asNumber(column);
    case 'JSON':
      return comparedJson(`${column}::VARCHAR`);
    case 'BOOLEAN[]':
      return comparedList(`list_transform(${column}, lambda daybreak_value: ${asNumber('daybreak_value')})`);
    case 'VARCHAR[]':
    case 'BIGINT[]':
    case 'DOUBLE[]':
      return comparedList(column);
    case 'VARCHAR':
    case 'BIGINT':
    case 'DOUBLE':
      return column;
  }
}

/** A time is compared to the millisecond, since Druid keeps no more. An ISO time may be given as its milliseconds. */
function comparedTime(pipeline: Pipeline, column: string): string {
  const moment = timeRuleOf(pipeline).moment(column);
  return pipeline.events.time.format === 'iso' ? `coalesce(try_cast(${column} AS BIGINT), ${moment})` : moment;
}

function asNumber(text: string): string {
  return `CASE ${text} WHEN 'true' THEN '1' WHEN 'false' THEN '0' ELSE ${text} END`;
}

/**
 * JSON as DuckDB writes it, since writers spell blanks, escapes and doubles differently. Druid makes a double of an
 * integer beyond 64 bits. If all values of a segment are numbers, and one is not whole, it makes doubles of all of them.
 */
function comparedJson(text: string): string {
  const isFar = "regexp_full_match(token, '-?[0-9]{19,}') AND TRY_CAST(token AS BIGINT) IS NULL";
  const plain = withTokens(text, '[0-9]{19}', `CASE WHEN ${isFar} THEN token || 'e0' ELSE token END`);
  const written = `json_extract(${plain}, '$')::VARCHAR`;
  const compared = withTokens(written, '[0-9]\\.0', "regexp_replace(token, '^(-?[0-9]+)\\.0$', '\\1')");
  return `nullif(${compared}, 'null')`;
}

/** JSON text with each `token` changed, if the text matches a pattern. Few do. */
function withTokens(text: string, pattern: string, change: string): string {
  const tokens = `regexp_extract_all(${text}, ${literal(JSON_TOKEN)})`;
  const changed = `array_to_string(list_transform(${tokens}, lambda token: ${change}), '')`;
  return `CASE WHEN regexp_matches(${text}, '${pattern}') THEN ${changed} ELSE ${text} END`;
}

const JSON_TOKEN = '"(?:[^"\\\\]|\\\\.)*"|[0-9.eE+-]+|[^"0-9.eE+-]+';

/** As text, since an empty list and null have the same hash. */
function comparedList(list: string): string {
  return `to_json(${list})::VARCHAR`;
}
