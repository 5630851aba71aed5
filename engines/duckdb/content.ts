import { DuckDBInstance, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { outputTimeColumnOf, type OutputColumn, type Pipeline } from '../../domain/pipeline';
import { exactly, literal, quoted } from './sql';

export interface Content {
  readonly rows: number;
  /** How many of them differ. */
  readonly distinct: number;
  /** Sum of the rows' hashes as decimal text: the same for the same rows in any order, and it counts repeats. '0' for none. */
  readonly checksum: string;
}

export const NO_CONTENT: Content = { rows: 0, distinct: 0, checksum: '0' };

export interface ContentSource {
  /** Absolute paths of NDJSON whose rows have the output columns, each with a local hour in its name: 07.ndjson, 07-2.ndjson. */
  readonly files: readonly string[];
  /** Absolute path of a folder to spill to. */
  readonly scratch: string;
}

/** What the files hold by local hour. Two sides with equal content have the same rows, each as often. */
export async function contentByHour(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  { files, scratch }: ContentSource,
): Promise<Map<string, Content>> {
  if (files.length === 0) return new Map();
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '512MB', temp_directory: scratch });
  try {
    const connection = await instance.connect();
    const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
    // Grouped by hash first, so that a large day spills instead of filling the memory.
    const reader = await connection.runAndReadAll(
      `SELECT hour, sum(copies)::BIGINT, count(*)::BIGINT, sum(row_hash::HUGEINT * copies)::VARCHAR
       FROM (
         SELECT regexp_extract(filename, '(\\d\\d)[^/]*$', 1) AS hour,
                hash(${columns.map((column) => compared(pipeline, column)).join(', ')}) AS row_hash,
                count(*) AS copies
         FROM read_json($files, format = 'newline_delimited', hive_partitioning = false, filename = true, columns = ${struct(types)})
         GROUP BY ALL
       )
       GROUP BY hour`,
      { files: listValue(files.map(exactly)) },
      { files: LIST(VARCHAR) },
    );
    return new Map(
      reader.getRowsJson().map(([hourOfRows, rows, distinct, checksum]) => [
        // As selected: text, two numbers as text, text.
        hourOfRows as string,
        { rows: Number(rows), distinct: Number(distinct), checksum: checksum as string },
      ]),
    );
  } finally {
    instance.closeSync();
  }
}

/** An ISO time is compared as its instant: Druid keeps the instant, not the offset it was written with. */
function compared(pipeline: Pipeline, { name }: OutputColumn): string {
  const iso = pipeline.events.time.format === 'iso' && name === outputTimeColumnOf(pipeline);
  const column = quoted(name);
  return iso ? `coalesce(try_cast(${column} AS BIGINT), epoch_ms(${column}::TIMESTAMPTZ))` : column;
}

function struct(types: Readonly<Record<string, string>>): string {
  const fields = Object.entries(types).map(([name, type]) => `${quoted(name)}: ${literal(type)}`);
  return `{${fields.join(', ')}}`;
}
