import { DuckDBInstance } from '@duckdb/node-api';
import { wrapped, type HourFigures } from '../../domain/day-figures';
import { isLocalTime, outputTimeColumnOf, type OutputColumn, type Pipeline } from '../../domain/pipeline';
import { timeRuleOf } from '../rule/time-rule';
import { queryTexts } from './query';
import { READER, rowsOfFile } from './rows-of-file';
import { exactly, quoted } from './sql';

/** Aggregates over output rows, as a list for SELECT: their number, then two for each column; see `figuresFrom`. */
export function figuresSql(pipeline: Pipeline, columns: readonly OutputColumn[]): string {
  const each = columns.map((column) => `count(${countedSql(column)}), sum(${numberSql(pipeline, column)})::VARCHAR`);
  return ['count(*)', ...each].join(', ');
}

/** The figures in a row of such aggregates, as text. */
export function figuresFrom(columns: readonly OutputColumn[], row: readonly (string | null)[]): HourFigures {
  return {
    rows: Number(row[0]),
    columns: columns.map(({ name }, index) => ({
      name,
      values: Number(row[1 + 2 * index]),
      sum: wrapped(BigInt(row[2 + 2 * index] ?? 0)),
    })),
  };
}

/**
 * The figures of an NDJSON file of output rows, by its absolute path. A name that ends in .gz or .zst is of a compressed
 * file.
 */
export async function figuresOfFile(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  file: string,
): Promise<HourFigures> {
  const instance = await DuckDBInstance.create(':memory:', READER);
  try {
    const sql = `SELECT ${figuresSql(pipeline, columns)} FROM ${rowsOfFile(columns)}`;
    const [row = []] = await queryTexts(await instance.connect(), sql, { file: exactly(file) });
    return figuresFrom(columns, row);
  } finally {
    instance.closeSync();
  }
}

/** What is null where the column has no value. Druid has none for the JSON null. */
function countedSql({ name, type }: OutputColumn): string {
  return type === 'JSON' ? `nullif(${quoted(name)}::VARCHAR, 'null')` : quoted(name);
}

/** The whole number that a value counts as; see `ColumnFigures`. Druid's is in domain/druid/day-queries.ts. */
function numberSql(pipeline: Pipeline, { name, type }: OutputColumn): string {
  const column = quoted(name);
  if (name === outputTimeColumnOf(pipeline)) return millisecondsSql(pipeline, column);
  switch (type) {
    case 'BIGINT':
      return column;
    case 'DOUBLE':
      return `${column}::BIT::BIGINT`;
    case 'BOOLEAN':
      return `${column}::BIGINT`;
    case 'VARCHAR[]':
    case 'BIGINT[]':
    case 'DOUBLE[]':
    case 'BOOLEAN[]':
      return `len(${column})`;
    case 'JSON':
      return '0';
    case 'VARCHAR':
      // Characters beyond the basic plane have two units. Few texts have any.
      return `CASE WHEN strlen(${column}) = length(${column}) THEN length(${column})
        ELSE length(${column}) + length(regexp_replace(${column}, '[^\\x{10000}-\\x{10FFFF}]', '', 'g')) END`;
  }
}

/** Local text counts as if it were of UTC: what it is in its zone costs much more. */
function millisecondsSql(pipeline: Pipeline, column: string): string {
  const moment = timeRuleOf(pipeline).moment(column);
  return isLocalTime(pipeline) ? `epoch_ms(${moment}::TIMESTAMP)` : moment;
}
