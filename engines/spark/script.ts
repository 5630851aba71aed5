import { DaybreakError } from '../../domain/errors';
import { withFirstColumn } from '../tables/first-column';
import { refuseAmbiguousSyntax, TOKENS } from './ambiguous-syntax';

/**
 * The column with an event's hour and its place in the hour: the hour times 2^40 plus the number of its row. It goes
 * through the transform beside the row, so that the order of rows does not depend on how Spark joins.
 */
export const POSITION = 'daybreak_position';
export const HOUR = 'daybreak_hour';
export const HOUR_SHIFT = 40;

/**
 * The transform with the event's position as an additional first column. Throws BAD_TRANSFORM unless it begins with
 * SELECT and Spark reads it as DuckDB does.
 */
export function withPosition(transform: string, file: string): string {
  refuseAmbiguousSyntax(transform, file);
  const positioned = withFirstColumn(transform, POSITION);
  if (positioned !== undefined) return positioned;
  throw new DaybreakError('BAD_TRANSFORM', {
    what: `${file} does not begin with SELECT, which the engine spark needs`,
    remedy: 'Write it as SELECT … FROM events …, or build with the engine duckdb.',
  });
}

/**
 * The same SQL as Spark spells it: texts with escapes, since a backslash is special there, STRING for a VARCHAR without
 * a length, and no comments. Lines keep their numbers, except those within a text: `spark-sql` drops lines that begin
 * with --, even within a text.
 */
export function sparkSpelling(transform: string): string {
  return transform.replace(TOKENS, (token) => {
    if (token.startsWith('"')) return token;
    if (token.startsWith("'")) {
      return `${textLiteral(token.slice(1, -1).replaceAll("''", "'"))}${token.replaceAll(/[^\n]/g, '')}`;
    }
    if (token.toUpperCase() === 'VARCHAR') return 'STRING';
    return ` ${token.replaceAll(/[^\n]/g, '')}`;
  });
}

/** `text` as a Spark literal: on one line, with backslashes escaped. */
function textLiteral(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };
  return `'${text.replaceAll(/[\\']/g, '\\$&').replaceAll(/[\n\r]/g, (found) => escapes[found] ?? found)}'`;
}

export interface ScriptParts {
  /** Absolute paths of Spark's input by the name of the view: a Parquet file, or a folder of them. */
  readonly views: ReadonlyMap<string, string>;
  /** The transform with its position, as DuckDB spells it. */
  readonly transform: string;
  /** The transform's columns to keep, counted from 0. The others are further positions, from SELECT *. */
  readonly columns: readonly number[];
  /** How many columns the transform has, including the position. */
  readonly width: number;
  /** Absolute path of the folder for daybreak_hour=<n>/*.parquet with the columns c0 (the position), c<n> …. */
  readonly rows: string;
}

/** The line of the script's last statement on which the transform begins. */
export const TRANSFORM_LINE = 4;

/** The text for `spark-sql -f`: pure SQL, so that neither the driver nor an executor needs anything but Spark. */
export function sparkScript({ views, transform, columns, width, rows }: ScriptParts): string {
  const names = Array.from({ length: width }, (_, index) => columnName(index)).join(', ');
  const definitions = [...views].map(
    ([name, path]) => `CREATE TEMPORARY VIEW ${quotedName(name)} USING parquet OPTIONS (path ${location(path)});\n`,
  );
  return `${definitions.join('')}CREATE TABLE daybreak_rows USING parquet PARTITIONED BY (${HOUR}) LOCATION ${location(rows)} AS
SELECT ${[0, ...columns].map(columnName).join(', ')}, CAST(shiftright(${columnName(0)}, ${HOUR_SHIFT}) AS INT) AS ${HOUR}
FROM (
${sparkSpelling(transform)}
) AS daybreak_transformed (${names});
`;
}

/**
 * The name of the transform's column `index` in the Parquet files. Its own names may differ only in ways that Spark
 * ignores.
 */
export function columnName(index: number): string {
  return `c${index}`;
}

/**
 * With a scheme, because a bare path would belong to the cluster's default file system. Hadoop expects no escapes in
 * it.
 */
function location(path: string): string {
  return textLiteral(`file://${path}`);
}

function quotedName(name: string): string {
  return `\`${name}\``;
}
