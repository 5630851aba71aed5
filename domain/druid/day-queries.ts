import * as z from 'zod';
import { constantOffsets, type Interval } from '../business-date';
import { elementTypeOf } from '../column-types';
import { addFigures, noFigures, wrapped, type HourFigures } from '../day-figures';
import { DaybreakError } from '../errors';
import { isLocalTime, outputTimeColumnOf, type OutputColumn, type Pipeline } from '../pipeline';
import { sqlName, timestampLiteral } from './quoting';
import { timeAsWritten } from './time';

/** The rows that a query reads: those of a datasource in some intervals. */
export interface RowSource {
  readonly datasource: string;
  readonly intervals: readonly Interval[];
}

export function fromSql({ datasource, intervals }: RowSource): string {
  const within = intervals.map(
    ({ start, end }) => `(__time >= ${timestampLiteral(start)} AND __time < ${timestampLiteral(end)})`,
  );
  return `FROM ${sqlName(datasource)} WHERE ${within.join(' OR ')}`;
}

/** Druid SQL of the rows themselves, with the columns as the batch wrote them. */
export function rowsQuery(pipeline: Pipeline, columns: readonly OutputColumn[], source: RowSource): string {
  const time = outputTimeColumnOf(pipeline);
  const selected = columns.map(({ name, type }) => {
    const column = sqlName(name);
    if (name === time) return `${timeAsWritten(pipeline)} AS ${column}`;
    // As text, for which the form of Druid's answer makes no difference.
    return `${type === 'JSON' ? `TO_JSON_STRING(${column})` : typedSql({ name, type })} AS ${column}`;
  });
  return `SELECT ${selected.join(', ')} ${fromSql(source)}`;
}

/** Druid SQL of the number of the rows. */
export function countQuery(source: RowSource): string {
  return `SELECT COUNT(*) AS "rows" ${fromSql(source)}`;
}

export const countRow = z.object({ rows: z.number() });

/** An interval within which the clocks of the pipeline's zone do not change, and what its figures are asked with. */
export interface FiguresQuery {
  readonly query: string;
  /** The figures in the only row of the answer. */
  readonly figures: (row: Readonly<Record<string, unknown>>) => HourFigures;
}

const count = z.number();
/** As text, since a sum has more digits than JavaScript's numbers. Null for no values. */
const sum = z.string().nullable();

/**
 * Druid SQL of the figures of the rows; those of all queries add up. Druid's own sums of integers are modulo 2^64.
 *
 * Local time is counted as the batch counts it: as if it were of UTC.
 */
export function figuresQueries(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  { datasource, intervals }: RowSource,
): FiguresQuery[] {
  const time = outputTimeColumnOf(pipeline);
  const selected = columns.map(
    (column, index) =>
      `COUNT(${column.name === time ? '*' : countedSql(column)}) AS n${index}, ` +
      `CAST(SUM(${numberSql(column, time)}) AS VARCHAR) AS s${index}`,
  );
  return intervals
    .flatMap((interval) => constantOffsets(interval, pipeline.timeZone))
    .map(({ aheadMilliseconds, ...interval }) => ({
      query: `SELECT COUNT(*) AS r, ${selected.join(', ')} ${fromSql({ datasource, intervals: [interval] })}`,
      figures: (row) => {
        const rows = count.parse(row['r']);
        const ahead = isLocalTime(pipeline) ? BigInt(aheadMilliseconds) * BigInt(rows) : 0n;
        return {
          rows,
          columns: columns.map(({ name }, index) => ({
            name,
            values: count.parse(row[`n${index}`]),
            sum: wrapped(integerOf(sum.parse(row[`s${index}`]), name) + (name === time ? ahead : 0n)),
          })),
        };
      },
    }));
}

/**
 * The integer that Druid gives as text for the sum of a column; 0 for no values. Throws PROOF_FAILED for a double, which
 * may have lost digits.
 */
export function integerOf(text: string | null, column: string): bigint {
  if (text === null) return 0n;
  if (/^-?\d+$/.test(text)) return BigInt(text);
  throw new DaybreakError('PROOF_FAILED', {
    what: `Druid gives ${text} for the sum of ${column}, which is to be an integer: some of its segments have the column in another type`,
    remedy: `Recompute the days whose segments have ${column} in another type by a backfill, then run this day again.`,
  });
}

/** The figures of all parts together. */
export function totalFigures(columns: readonly OutputColumn[], parts: readonly HourFigures[]): HourFigures {
  return parts.reduce(addFigures, noFigures(columns));
}

/** The whole number that a value counts as; see `ColumnFigures`. DuckDB's is in engines/duckdb/figures.ts. */
export function numberSql({ name, type }: OutputColumn, time: string): string {
  if (name === time) return 'TIMESTAMP_TO_MILLIS(__time)';
  const value = typedSql({ name, type });
  switch (type) {
    case 'BIGINT':
    case 'BOOLEAN':
      return value;
    case 'DOUBLE':
      return `BITWISE_CONVERT_DOUBLE_TO_LONG_BITS(${value})`;
    case 'VARCHAR':
      return `STRLEN(${value})`;
    case 'VARCHAR[]':
    case 'BIGINT[]':
    case 'DOUBLE[]':
    case 'BOOLEAN[]':
      return `ARRAY_LENGTH(${sqlName(name)})`;
    case 'JSON':
      return '0';
  }
}

/**
 * A column in the type that these rows have. The broker has one type for a column of a datasource, from whichever
 * segments: it would give integers as doubles, or doubles as integers, where other days have the column in another type.
 */
export function typedSql({ name, type }: OutputColumn): string {
  switch (type) {
    case 'BIGINT':
    case 'BOOLEAN':
      return `CAST(${sqlName(name)} AS BIGINT)`;
    case 'DOUBLE':
    case 'VARCHAR':
      return `CAST(${sqlName(name)} AS ${type})`;
    case 'JSON':
    case 'VARCHAR[]':
    case 'BIGINT[]':
    case 'DOUBLE[]':
    case 'BOOLEAN[]':
      return sqlName(name);
  }
}

/** What is null where the column has no value. */
export function countedSql({ name, type }: OutputColumn): string {
  if (type === 'JSON') return `NULLIF(TO_JSON_STRING(${sqlName(name)}), 'null')`;
  return elementTypeOf(type) === undefined ? sqlName(name) : `ARRAY_LENGTH(${sqlName(name)})`;
}

/** The function of Druid's extension druid-datasketches that `distinctQuery` needs. */
export const SKETCH_FUNCTION = 'DS_THETA';

/** How many hashes a sketch keeps. Up to about as many distinct rows an hour it is exact; beyond, a part in 500 off. */
const SKETCH_SIZE = 262_144;
/** Within so many standard errors the number is, in all but three of a thousand hours. */
const STANDARD_ERRORS = 3;

/** Druid SQL of the number of rows, and of that of distinct rows by a theta sketch. */
export function distinctQuery(pipeline: Pipeline, columns: readonly OutputColumn[], source: RowSource): string {
  const time = outputTimeColumnOf(pipeline);
  const texts = columns.map((column) => distinctSql(column, time)).join(', ');
  return (
    `SELECT COUNT(*) AS "rows", THETA_SKETCH_ESTIMATE_WITH_ERROR_BOUNDS(` +
    `DS_THETA(CONCAT(${texts}), ${SKETCH_SIZE}), ${STANDARD_ERRORS}) AS "distinct" ${fromSql(source)}`
  );
}

const estimate = z.object({ estimate: z.number(), lowBound: z.number() });
export const distinctRow = z.object({
  rows: z.number(),
  distinct: z.string().transform((text) => estimate.parse(JSON.parse(text))),
});

/** A value as text that does not run into the next one. */
function distinctSql({ name, type }: OutputColumn, time: string): string {
  if (name === time) return `CONCAT(CAST(TIMESTAMP_TO_MILLIS(__time) AS VARCHAR), ' ')`;
  const column = sqlName(name);
  const measured = (text: string): string => `CONCAT(CAST(STRLEN(${text}) AS VARCHAR), ':', ${text})`;
  const text = (): string => {
    if (type === 'VARCHAR') return measured(column);
    if (type === 'JSON') return measured(`TO_JSON_STRING(${column})`);
    return elementTypeOf(type) === undefined
      ? `CAST(${column} AS VARCHAR)`
      : measured(`ARRAY_TO_STRING(${column}, ',')`);
  };
  return `COALESCE(CONCAT(${text()}, ' '), 'null ')`;
}
