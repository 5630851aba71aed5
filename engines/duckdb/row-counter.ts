import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import type { OutputType } from '../../domain/column-types';
import { convertedTo, type SegmentTypes } from '../../domain/druid/data-schema';
import { outputTimeColumnOf, type OutputColumn, type Pipeline } from '../../domain/pipeline';
import { timeRuleOf } from '../rule/time-rule';
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

export interface RowCounterOptions {
  /** Absolute path of a folder. */
  readonly scratch: string;
  /** The types of the segments that have the rows in Druid, which may have converted JSON. Default: none did. */
  readonly segments?: readonly SegmentTypes[];
}

/** Runs `use` with a counter. */
export async function withRowCounter<T>(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  { scratch, segments = [] }: RowCounterOptions,
  use: (counter: RowCounter) => Promise<T>,
): Promise<T> {
  return withRowsReader(pipeline, { scratch, columns }, (reader) => {
    async function contentOf(files: AsyncIterable<string>, jsonAsText: boolean): Promise<Content> {
      const counted = await CountedRows.open(reader, { columns, segments, jsonAsText });
      for await (const file of files) await counted.add(file);
      return counted.content();
    }
    return use({
      ofFile: (file) => contentOf(reader.filesOf(file), false),
      ofLines: (lines) => contentOf(reader.pieces(lines), true),
    });
  });
}

/** The rows of files that are added up. */
class CountedRows {
  readonly #reader: RowsReader;
  readonly #connection: DuckDBConnection;
  readonly #addSql: string;

  private constructor(reader: RowsReader, connection: DuckDBConnection, addSql: string) {
    this.#reader = reader;
    this.#connection = connection;
    this.#addSql = addSql;
  }

  static async open(
    reader: RowsReader,
    {
      columns,
      segments,
      jsonAsText,
    }: {
      readonly columns: readonly OutputColumn[];
      readonly segments: readonly SegmentTypes[];
      readonly jsonAsText: boolean;
    },
  ): Promise<CountedRows> {
    const { pipeline } = reader;
    const connection = await reader.connect();
    // A temporary table is the connection's own.
    await connection.run('CREATE TEMP TABLE counted (row_hash UBIGINT, copies BIGINT)');
    const hash = `hash(${columns.map((column) => compared(pipeline, column, segments)).join(', ')})`;
    const addSql = `INSERT INTO counted SELECT ${hash}, count(*) FROM ${rowsOfFile(pipeline, columns, (type) => readType(type, jsonAsText))} GROUP BY ALL`;
    return new CountedRows(reader, connection, addSql);
  }

  /** Adds the rows that the file has now. */
  async add(file: string): Promise<void> {
    await this.#reader.reading(() => this.#connection.run(this.#addSql, { file: exactly(file) }));
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
function compared(pipeline: Pipeline, { name, type }: OutputColumn, segments: readonly SegmentTypes[]): string {
  const column = quoted(name);
  if (name === outputTimeColumnOf(pipeline)) return comparedTime(pipeline, column);
  switch (type) {
    case 'BOOLEAN':
      return asNumber(column);
    case 'JSON':
      return comparedJson(`${column}::VARCHAR`, convertedTo(name, segments));
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
 * integer beyond 64 bits, and doubles of all numbers of a column or of a list where one is not whole.
 *
 * @param types those to which Druid converted the column; none if it did not.
 */
function comparedJson(text: string, types: readonly string[]): string {
  const isFar = "regexp_full_match(token, '-?[0-9]{19,}') AND TRY_CAST(token AS BIGINT) IS NULL";
  const plain = withTokens(text, '[0-9]{19}', `CASE WHEN ${isFar} THEN token || 'e0' ELSE token END`);
  const written = `nullif(json_extract(${plain}, '$')::VARCHAR, 'null')`;
  const unconverted = (json: string): string =>
    withTokens(json, '[0-9]\\.0', "regexp_replace(token, '^(-?[0-9]+)\\.0$', '\\1')");
  if (types.length === 0) return unconverted(written);
  const isFlat = `regexp_full_match(json, ${literal(FLAT_JSON)})`;
  const compared = `CASE WHEN ${isFlat} THEN ${convertedJson('json', types)} ELSE ${unconverted('json')} END`;
  // The list gives the text a name.
  return `list_transform([${written}], lambda json: ${compared})[1]`;
}

/**
 * A scalar, or a list of scalars, as Druid has it in any of the types. Without a text beside it, true is 1. Where the column
 * has texts, a number is the same as its text; where it has lists, a scalar is the same as a list of it.
 */
function convertedJson(json: string, types: readonly string[]): string {
  const has = (part: string): boolean => types.some((type) => type.includes(part));
  const isList = `starts_with(${json}, '[')`;
  const list = `CASE WHEN ${isList} THEN ${json} ELSE '[' || ${json} || ']' END`;
  const areDoubles = (numbers: string): string => (has('DOUBLE') ? 'true' : `regexp_matches(${numbers}, '[0-9][.e]')`);

  const digits = `replace(replace(${list}, 'true', '1'), 'false', '0')`;
  const doubles = withTokens(digits, '[0-9]{16}', `coalesce(${asDouble('token')}, token)`);
  const numbers = withoutZero(`CASE WHEN ${areDoubles(digits)} THEN ${doubles} ELSE ${digits} END`);
  const amongNumbers = has('STRING') ? `regexp_replace(${numbers}, '[0-9-][0-9.e-]*', '"\\0"', 'g')` : numbers;

  const isNumber = `regexp_full_match(token, '"${JAVA_NUMBER}"|[0-9-].*')`;
  const number = withoutZero(asDouble("trim(token, '\"')"));
  const asText = `CASE WHEN ${isNumber} AND ${areDoubles('token')} THEN '"' || ${number} || '"'
    WHEN regexp_full_match(token, '[0-9-].*|true|false') THEN '"' || token || '"' ELSE token END`;
  const amongTexts = has('STRING') ? withTokens(list, '[[,][0-9tf-]|[0-9]\\.[0-9]|[0-9]{16}', asText) : list;

  const values = `CASE WHEN contains(${json}, '"') THEN ${amongTexts} ELSE ${amongNumbers} END`;
  return has('ARRAY') ? values : `CASE WHEN ${isList} THEN ${values} ELSE trim(${values}, '[]') END`;
}

/** As JSON; null for what is no number. */
function asDouble(number: string): string {
  return `to_json(TRY_CAST(${number} AS DOUBLE))::VARCHAR`;
}

/** A number, or a list of numbers, with 5 for 5.0. */
function withoutZero(json: string): string {
  return `regexp_replace(${json}, '\\.0([],]|$)', '\\1', 'g')`;
}

/** JSON text with each `token` changed, if the text matches a pattern. Few do. */
function withTokens(text: string, pattern: string, change: string): string {
  const tokens = `regexp_extract_all(${text}, ${literal(JSON_TOKEN)})`;
  const changed = `array_to_string(list_transform(${tokens}, lambda token: ${change}), '')`;
  return `CASE WHEN regexp_matches(${text}, '${pattern}') THEN ${changed} ELSE ${text} END`;
}

const JSON_TEXT = '"(?:[^"\\\\]|\\\\.)*"';
const JSON_TOKEN = `${JSON_TEXT}|-?[0-9][0-9.eE+-]*|[a-z]+|[^"a-z0-9-]+`;
/** No object, and no list within a list. */
const FLAT_JSON = `\\[?(?:${JSON_TEXT}|[^"[{])*`;
/** As Java writes it. */
const JAVA_NUMBER = '-?(?:0|[1-9][0-9]*)(?:\\.(?:0|[0-9]*[1-9])(?:E-?[0-9]+)?)?';

/** As text, since an empty list and null have the same hash. */
function comparedList(list: string): string {
  return `to_json(${list})::VARCHAR`;
}
