import { DuckDBInstance, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { outputTimeColumnOf, type OutputColumn, type Pipeline } from '../../domain/pipeline';
import { literal, quoted } from './sql';

export interface Content {
  readonly rows: number;
  /** Sum of the rows' hashes as decimal text; the same for the same rows in any order, and it counts repeats. '0' for none. */
  readonly checksum: string;
}

/**
 * What files of NDJSON hold, per local hour: two sides with equal content have the same rows, each as often.
 *
 * @param files absolute paths. Each row has the output columns.
 * @param hour SQL for the hour of a row: a column that the files have, or an expression over `filename`.
 */
export async function contentByHour(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  { files, hour }: { readonly files: readonly string[]; readonly hour: 'column' | 'filename' },
): Promise<Map<string, Content>> {
  if (files.length === 0) return new Map();
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '512MB' });
  try {
    const connection = await instance.connect();
    const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
    const reader = await connection.runAndReadAll(
      `SELECT ${hour === 'column' ? '"hour"' : "regexp_extract(filename, '(\\d\\d)[^/]*$', 1)"} AS hour,
              count(*)::BIGINT AS rows,
              sum(hash(${columns.map((column) => compared(pipeline, column)).join(', ')})::HUGEINT)::VARCHAR AS checksum
       FROM read_json($files, format = 'newline_delimited', filename = ${hour === 'filename'}, columns = ${structOf(
         hour === 'column' ? { ...types, hour: 'VARCHAR' } : types,
       )})
       GROUP BY 1`,
      { files: listValue(files) },
      { files: LIST(VARCHAR) },
    );
    return new Map(
      reader
        .getRowsJson()
        .map(([hour, rows, checksum]) => [hour as string, { rows: Number(rows), checksum: checksum as string }]), // As selected.
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

function structOf(types: Readonly<Record<string, string>>): string {
  return `{${Object.entries(types)
    .map(([name, type]) => `${quoted(name)}: ${literal(type)}`)
    .join(', ')}}`;
}
