import { DuckDBInstance } from '@duckdb/node-api';
import * as z from 'zod';
import { outputTimeColumnOf, type OutputColumn, type Pipeline } from '../../domain/pipeline';
import { timeRuleOf } from '../rule/time-rule';
import { exactly, literal, quoted } from './sql';

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

export interface ContentSource {
  /** Absolute path of an NDJSON file whose rows have the output columns. */
  readonly file: string;
  /** Absolute path of a folder to spill to. */
  readonly scratch: string;
}

/**
 * What a file of rows holds, as counts and a checksum. Two files with equal content have the same rows, each as often.
 */
export async function contentOf(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  { file, scratch }: ContentSource,
): Promise<Content> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '512MB', temp_directory: scratch });
  try {
    const connection = await instance.connect();
    const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
    // Grouped by hash first, so that a large hour spills instead of filling the memory.
    const reader = await connection.runAndReadAll(
      `SELECT sum(copies)::BIGINT, count(*)::BIGINT, sum(row_hash::HUGEINT * copies)::VARCHAR
       FROM (
         SELECT hash(${columns.map((column) => compared(pipeline, column)).join(', ')}) AS row_hash, count(*) AS copies
         FROM read_json($file, format = 'newline_delimited', hive_partitioning = false, columns = ${struct(types)})
         GROUP BY ALL
       )`,
      { file: exactly(file) },
    );
    const [rows, distinct, checksum] = totals.parse(reader.getRowsJson()[0]);
    return { rows, distinct, checksum };
  } finally {
    instance.closeSync();
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

/** A time is compared to the millisecond, since Druid keeps no more. An ISO time may be given as its milliseconds. */
function compared(pipeline: Pipeline, { name }: OutputColumn): string {
  const column = quoted(name);
  if (name !== outputTimeColumnOf(pipeline)) return column;
  const moment = timeRuleOf(pipeline).moment(column);
  return pipeline.events.time.format === 'iso' ? `coalesce(try_cast(${column} AS BIGINT), ${moment})` : moment;
}

function struct(types: Readonly<Record<string, string>>): string {
  const fields = Object.entries(types).map(([name, type]) => `${quoted(name)}: ${literal(type)}`);
  return `{${fields.join(', ')}}`;
}
