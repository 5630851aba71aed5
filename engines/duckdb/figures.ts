import { addFigures, noFigures, wrapped, type HourFigures } from '../../domain/day-figures';
import {
  isLocalTime,
  outputTimeColumnOf,
  type OutputColumn,
  type Pipeline,
  type TimeFormat,
} from '../../domain/pipeline';
import { timeRuleOf } from '../rule/time-rule';
import { queryFile, rowsOfFile, type RowsReader } from './rows-of-file';
import { quoted } from './sql';

/**
 * A query of aggregates over the output rows of `rows`, SQL of a table: their number, then two for each column; see
 * `figuresFrom`. Rows of the same time are added up first where times are whole seconds: of these an hour has so few that
 * most texts need not be read as times.
 *
 * @param counts aggregates that count rows, whose counts come behind the figures. Default: none.
 */
export function figuresQuery(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  rows: string,
  counts: readonly string[] = [],
): string {
  const time = outputTimeColumnOf(pipeline);
  const of = (column: OutputColumn, index: number): readonly string[] => [
    `count(${valueSql(column)}) AS daybreak_n${index}`,
    `sum(${numberSql(pipeline, column)}) AS daybreak_s${index}`,
  ];
  const others = columns.filter(({ name }) => name !== time);
  if (others.length === columns.length || !WHOLE_SECONDS.has(pipeline.events.time.format)) {
    const each = columns.map((column) => `count(${valueSql(column)}), sum(${numberSql(pipeline, column)})::VARCHAR`);
    return `SELECT ${['count(*)', ...each, ...counts].join(', ')} FROM ${rows}`;
  }
  const sums = columns.map((column) => {
    const index = others.indexOf(column);
    if (index !== -1) return `sum(daybreak_n${index}), sum(daybreak_s${index})::VARCHAR`;
    return `sum(daybreak_rows) FILTER (${quoted(time)} IS NOT NULL), sum(${numberSql(pipeline, column)}::HUGEINT * daybreak_rows)::VARCHAR`;
  });
  const counted = counts.map((count, index) => `${count} AS daybreak_c${index}`);
  const groups = `SELECT ${[quoted(time), 'count(*) AS daybreak_rows', ...others.flatMap(of), ...counted].join(', ')} FROM ${rows} GROUP BY ${quoted(time)}`;
  const totals = counts.map((_, index) => `sum(daybreak_c${index})`);
  return `SELECT ${['sum(daybreak_rows)', ...sums, ...totals].join(', ')} FROM (${groups})`;
}

const WHOLE_SECONDS: ReadonlySet<TimeFormat> = new Set(['yyyy-MM-dd HH:mm:ss', "yyyy-MM-dd'T'HH:mm:ss"]);

/** Where the counts behind the figures begin in a row. */
export function countsBehind(columns: readonly OutputColumn[]): number {
  return 1 + 2 * columns.length;
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
  reader: RowsReader,
  columns: readonly OutputColumn[],
  file: string,
): Promise<HourFigures> {
  const { pipeline } = reader;
  const query = figuresQuery(pipeline, columns, rowsOfFile(pipeline, columns));
  let figures = noFigures(columns);
  for await (const part of reader.filesOf(file)) {
    const [row = []] = await queryFile(reader, query, part);
    figures = addFigures(figures, figuresFrom(columns, row));
  }
  return figures;
}

/** What is null where the column has no value. Druid has none for the JSON null. */
export function valueSql({ name, type }: OutputColumn): string {
  return type === 'JSON' ? `nullif(${quoted(name)}::VARCHAR, 'null')` : quoted(name);
}

/** The whole number that a value counts as; see `ColumnFigures`. Druid's is in domain/druid/day-queries.ts. */
export function numberSql(pipeline: Pipeline, { name, type }: OutputColumn): string {
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
        ELSE length(${column}) + length(regexp_replace(${column}, '[^\\x{10000}-\\x{10FFFF}]+', '', 'g')) END`;
  }
}

/** Local text counts as if it were of UTC: what it is in its zone costs much more. */
function millisecondsSql(pipeline: Pipeline, column: string): string {
  const moment = timeRuleOf(pipeline).moment(column);
  return isLocalTime(pipeline) ? localMillisecondsSql(moment) : moment;
}

/** The milliseconds of local text as if it were of UTC. `moment`: see `TimeRule`. */
export function localMillisecondsSql(moment: string): string {
  return `epoch_ms(${moment}::TIMESTAMP)`;
}
