import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where SQL, TypeScript and Python have names: those of columns, tables, parameters of lambdas, and some other words. */
const NAMES = [
  /\b(daybreak_\w+)/g,
  /\bAS (?:MATERIALIZED )?"?([a-z_]\w*)/g,
  /\blambda ((?:\w+, )*\w+):/g,
  /\b(?:WITH|TABLE|VIEW) ([a-z_]\w*)/g,
  /\b([a-z_]\w*) AS\b/g,
  /\b([a-z_]\w*) (?:BIGINT|UBIGINT|VARCHAR|INTEGER)\b/g,
];
/** Columns that DuckDB has beside those of a table or a file. */
const OF_DUCKDB = ['rowid', 'file_row_number', 'file_index', 'filename'];
/** They are in the pipelines of the tests anyway. */
const TAKEN = new Set(['time', 'id', 'text', 'list']);

/**
 * Names that the SQL of the engines gives, without the beginning that keeps them apart from a user's. A column of such a
 * name must be a column like any other.
 */
export function namesInSql(): string[] {
  const files = readdirSync('engines', { recursive: true, encoding: 'utf8' });
  const found = files
    .filter((file) => /\.(?:ts|py)$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join('engines', file), 'utf8').replaceAll('${index}', '0');
      return NAMES.flatMap((pattern) => [...text.matchAll(pattern)]).flatMap(([, names = '']) => names.split(', '));
    });
  const names = [...OF_DUCKDB, ...found].map((name) => name.replace(/^daybreak_/, ''));
  const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]));
  return [...byLowerCase].flatMap(([lower, name]) => (/^[a-z_]\w*$/.test(lower) && !TAKEN.has(lower) ? [name] : []));
}

/** Some at a time: the fast path reads no more columns, and a failure names fewer. */
export function groupsOfNames(size: number): string[][] {
  const names = namesInSql();
  return Array.from({ length: Math.ceil(names.length / size) }, (_, group) =>
    names.slice(group * size, (group + 1) * size),
  );
}
