import type { DuckDBConnection } from '@duckdb/node-api';
import { shortened } from '../../domain/bounded-text';
import { dimensionsOf } from '../../domain/druid/data-schema';
import { exactMetricsOf, type ExactMetric } from '../../domain/druid/rollup-queries';
import { outputTimeColumnOf, type OutputColumn, type Pipeline } from '../../domain/pipeline';
import type { Rollup } from '../../domain/rollup';
import { queryTexts } from './query';
import { cutTimeSql, exactSql, isOfDoubles } from './rolled-up-figures';
import { ndjsonOptions, rowsOfFile, type RowsReader } from './rows-of-file';
import { exactly, literal, quoted } from './sql';

export interface ComparedGroups {
  /** The absolute path of an NDJSON file of output rows. A name that ends in .gz or .zst is of a compressed file. */
  readonly file: string;
  /** Druid's rows of the same hour, as `storedRowsQuery` gives them: JSON lines in parts of any size. */
  readonly stored: AsyncIterable<Buffer>;
}

interface GroupColumns {
  readonly dimensions: readonly OutputColumn[];
  readonly metrics: readonly ExactMetric[];
}

/**
 * Compares each group of rolled-up rows with the output rows that belong to it: the number of events, and each metric
 * that is no sketch. Several stored rows of one group are added up. Returns what differs first, for people; undefined if
 * nothing does.
 */
export async function firstDifferentGroup(
  reader: RowsReader,
  rollup: Rollup,
  columns: readonly OutputColumn[],
  { file, stored }: ComparedGroups,
): Promise<string | undefined> {
  const { pipeline } = reader;
  const group = { dimensions: dimensionsOf(pipeline, columns), metrics: exactMetricsOf(rollup) };
  const connection = await reader.connect();
  try {
    await addStored(reader, connection, group, stored);
    const rows = batchRowsSql(pipeline, rollup, columns, group);
    const [row] = await reader.reading(() =>
      queryTexts(connection, differenceSql(rows, group), { file: exactly(file) }),
    );
    return row && describe(row, outputTimeColumnOf(pipeline), group);
  } finally {
    connection.closeSync();
  }
}

/** Writes Druid's rows into the table `stored`, one piece at a time. */
async function addStored(
  reader: RowsReader,
  connection: DuckDBConnection,
  { dimensions, metrics }: GroupColumns,
  stored: ComparedGroups['stored'],
): Promise<void> {
  const fields: (readonly [name: string, type: string, sent?: string])[] = [
    ['t', 'BIGINT'],
    ['e', 'BIGINT'],
    ...dimensions.map((column, index) => [`d${index}`, groupType(column)] as const),
    // A metric that is a double comes as text.
    ...metrics.map((metric, index) =>
      isOfDoubles(metric) ? ([`m${index}`, 'DOUBLE', 'VARCHAR'] as const) : ([`m${index}`, 'BIGINT'] as const),
    ),
  ];
  // A temporary table is the connection's own.
  await connection.run(`CREATE TEMP TABLE stored (${fields.map(([name, type]) => `${name} ${type}`).join(', ')})`);
  const read = fields.map(([name, type, sent = type]) => `${name}: ${literal(sent)}`);
  const sql = `INSERT INTO stored BY NAME FROM read_json($file, ${ndjsonOptions(reader.pipeline)}, columns = {${read.join(', ')}})`;
  for await (const file of reader.pieces(stored)) {
    await reader.reading(() => connection.run(sql, { file: exactly(file) }));
  }
}

/** Druid gives true and false as 1 and 0. */
function groupType({ type }: OutputColumn): string {
  return type === 'BOOLEAN' ? 'BIGINT' : type;
}

/** The output rows, with the columns of `stored`. */
function batchRowsSql(
  pipeline: Pipeline,
  rollup: Rollup,
  columns: readonly OutputColumn[],
  { dimensions, metrics }: GroupColumns,
): string {
  const time = columns.filter(({ name }) => name === outputTimeColumnOf(pipeline));
  const named = new Set([...time, ...dimensions].map(({ name }) => name));
  for (const { column } of metrics) named.add(column);
  const selected = [
    ...time.map((column) => `${cutTimeSql(pipeline, rollup, column)} AS t`),
    '1 AS e',
    ...dimensions.map((column, index) => `${quoted(column.name)}::${groupType(column)} AS d${index}`),
    ...metrics.map(
      (metric, index) => `${quoted(metric.column)}::${isOfDoubles(metric) ? 'DOUBLE' : 'BIGINT'} AS m${index}`,
    ),
  ];
  const read = columns.filter(({ name }) => named.has(name));
  return `SELECT ${selected.join(', ')} FROM ${rowsOfFile(pipeline, read)}`;
}

/**
 * The first group that differs: its time and dimensions, the events of Druid and of the batch, and for each metric both
 * values and whether they agree.
 */
function differenceSql(batchRows: string, { dimensions, metrics }: GroupColumns): string {
  const keys = ['t', ...dimensions.map((_, index) => `d${index}`)].join(', ');
  const aggregates = metrics.flatMap((metric, index) => {
    const { value, magnitude } = exactSql(metric, `m${index}`);
    return [
      `${value} FILTER (NOT is_batch) AS s${index}`,
      `${value} FILTER (is_batch) AS b${index}`,
      ...(magnitude === undefined ? [] : [`${magnitude} FILTER (is_batch) AS g${index}`]),
    ];
  });
  const grouped = [
    keys,
    'coalesce(sum(e) FILTER (NOT is_batch), 0) AS se',
    'coalesce(sum(e) FILTER (is_batch), 0) AS be',
    ...aggregates,
  ];
  const agree = metrics.map(agreementSql);
  const values = metrics.flatMap((_, index) => [`s${index}`, `b${index}`, agree[index] ?? '']);
  return `SELECT ${['make_timestamp(t * 1000)', ...dimensions.map((_, index) => `d${index}`), 'se', 'be', ...values].join(', ')}
    FROM (SELECT ${grouped.join(', ')}
      FROM (SELECT true AS is_batch, * FROM (${batchRows}) UNION ALL BY NAME SELECT false AS is_batch, * FROM stored)
      GROUP BY ${keys})
    WHERE NOT (${['se = be', ...agree].join(' AND ')}) ORDER BY ${keys} LIMIT 1`;
}

/** Whether Druid's value is the batch's; never null. A sum of doubles may be as far from it as `sumError` says. */
function agreementSql({ type }: ExactMetric, index: number): string {
  const [druid, batch] = [`s${index}`, `b${index}`];
  const isSame = `${druid} IS NOT DISTINCT FROM ${batch}`;
  switch (type) {
    case 'longSum':
      // Druid's sums are modulo 2^64.
      return `(${isSame} OR coalesce((${druid} - ${batch}) % 18446744073709551616 = 0, false))`;
    case 'doubleSum':
      return `(${isSame} OR coalesce(CASE WHEN NOT isfinite(g${index}) THEN ${druid} IS NOT NULL ELSE abs(${druid} - ${batch}) <= be * ${Number.EPSILON} * g${index} END, false))`;
    case 'longMin':
    case 'longMax':
    case 'doubleMin':
    case 'doubleMax':
      return `(${isSame})`;
  }
}

function describe(row: readonly (string | null)[], time: string, { dimensions, metrics }: GroupColumns): string {
  const names = [time, ...dimensions.map(({ name }) => name)];
  const of = names.map((name, index) => `${name} ${shortened(row[index] ?? 'null')}`).join(', ');
  const [druidEvents, batchEvents, ...values] = row.slice(names.length);
  if (druidEvents !== batchEvents) {
    return `the number of events in the group of ${of} is ${druidEvents ?? '0'} in Druid, and ${batchEvents ?? '0'} over the batch's rows`;
  }
  const different = metrics.findIndex((_, index) => values[3 * index + 2] !== 'true');
  const [druid, batch] = values.slice(3 * different);
  return `in the group of ${of} the metric ${metrics[different]?.name ?? ''} is ${druid ?? 'nothing'} in Druid, and ${batch ?? 'nothing'} over the batch's rows`;
}
