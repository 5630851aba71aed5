import { noFigures, wrapped } from '../../domain/day-figures';
import { groupColumnsOf, type ExactMetric } from '../../domain/druid/rollup-queries';
import { isLocalTime, outputTimeColumnOf, type OutputColumn, type Pipeline } from '../../domain/pipeline';
import { sketchError, sumError, type MetricFigures, type RolledUpFigures } from '../../domain/rolled-up-figures';
import { granularityMilliseconds, isSketch, valueMetricsOf, type Rollup, type ValueMetric } from '../../domain/rollup';
import { timeRuleOf } from '../rule/time-rule';
import { countsBehind, figuresFrom, localMillisecondsSql, numberSql, valueSql } from './figures';
import { queryFile, rowsOfFile, type RowsReader } from './rows-of-file';
import { literal, quoted } from './sql';

/**
 * What the rows of an NDJSON file have to be once Druid has rolled them up: exact, whatever Druid estimates.
 *
 * @param reader has a folder, to which distinct values are spilled.
 * @param file its absolute path. A name that ends in .gz or .zst is of a compressed file.
 */
export async function rolledUpFiguresOfFile(
  reader: RowsReader,
  rollup: Rollup,
  columns: readonly OutputColumn[],
  file: string,
): Promise<RolledUpFigures> {
  const { pipeline } = reader;
  const groups = groupColumnsOf(pipeline, columns);
  const metrics = valueMetricsOf(rollup);
  const inputs = new Set(metrics.map(({ column }) => column));
  const read = columns.filter((column) => groups.includes(column) || inputs.has(column.name));
  const selected = [
    'count(*)',
    ...groups.flatMap((column) => [
      `count(${valueSql(column)})`,
      `sum(${groupNumberSql(pipeline, rollup, column)})::VARCHAR`,
    ]),
    ...metrics.flatMap(metricSql),
  ];
  const [row = []] = await queryFile(reader, `SELECT ${selected.join(', ')} FROM ${rowsOfFile(pipeline, read)}`, file);
  const figures = figuresFrom(groups, row);
  const ofMetrics = row.slice(countsBehind(groups));
  return {
    ...figures,
    metrics: metrics.map((metric, index) =>
      metricFigures(metric, figures.rows, ofMetrics[2 * index] ?? null, Number(ofMetrics[2 * index + 1])),
    ),
  };
}

/** The figures of no rows. */
export function noRolledUpFigures(
  pipeline: Pipeline,
  rollup: Rollup,
  columns: readonly OutputColumn[],
): RolledUpFigures {
  return {
    ...noFigures(groupColumnsOf(pipeline, columns)),
    metrics: valueMetricsOf(rollup).map((metric) => ({
      name: metric.name,
      value: isSketch(metric) ? '0' : null,
      error: 0,
    })),
  };
}

/** The whole number that a value of a dimension or of the time counts as; see `ColumnFigures`. */
function groupNumberSql(pipeline: Pipeline, rollup: Rollup, column: OutputColumn): string {
  return column.name === outputTimeColumnOf(pipeline)
    ? cutTimeSql(pipeline, rollup, column)
    : numberSql(pipeline, column);
}

/** Local time as if it were of UTC, cut as Druid cuts it. */
export function cutTimeSql(pipeline: Pipeline, rollup: Rollup, { name }: OutputColumn): string {
  const length = granularityMilliseconds(rollup);
  const moment = timeRuleOf(pipeline).moment(quoted(name));
  const local = isLocalTime(pipeline)
    ? localMillisecondsSql(moment)
    : `epoch_ms(timezone(${literal(pipeline.timeZone)}, make_timestamptz((${moment}) * 1000)))`;
  // A remainder has the sign of what is divided.
  return length === 1 ? local : `(${local} - (${local} % ${length} + ${length}) % ${length})`;
}

/** The value of a metric over all rows, and the sum of absolute values where it is a sum of doubles. */
function metricSql(metric: ValueMetric): [value: string, magnitude: string] {
  const column = quoted(metric.column);
  // Sketches pass over the empty text.
  if (isSketch(metric)) return [`count(DISTINCT nullif(${column}::VARCHAR, ''))::VARCHAR`, '0'];
  const { value, magnitude } = exactSql(metric, isOfDoubles(metric) ? `${column}::DOUBLE` : column);
  return [`${value}::VARCHAR`, magnitude === undefined ? '0' : `${magnitude}::VARCHAR`];
}

/** The aggregate of a metric over numbers, and the sum of their absolute values where it is a sum of doubles. */
export function exactSql(
  { type }: ExactMetric,
  numbers: string,
): { readonly value: string; readonly magnitude?: string } {
  switch (type) {
    case 'longSum':
      return { value: `sum(${numbers})` };
    case 'doubleSum':
      return { value: `fsum(${numbers})`, magnitude: `fsum(abs(${numbers}))` };
    case 'longMin':
    case 'doubleMin':
      return { value: `min(${numbers})` };
    case 'longMax':
    case 'doubleMax':
      return { value: `max(${numbers})` };
  }
}

export function isOfDoubles({ type }: ExactMetric): boolean {
  return type.startsWith('double');
}

function metricFigures(metric: ValueMetric, rows: number, value: string | null, magnitude: number): MetricFigures {
  const { name, type } = metric;
  if (isSketch(metric)) return { name, value: value ?? '0', error: sketchError(metric, Number(value)) };
  if (value === null) return { name, value, error: 0 };
  if (type === 'longSum') return { name, value: wrapped(BigInt(value)), error: 0 };
  if (type === 'doubleSum') return { name, value: String(Number(value)), error: sumError(rows, magnitude) };
  return { name, value: isOfDoubles(metric) ? String(Number(value)) : value, error: 0 };
}
