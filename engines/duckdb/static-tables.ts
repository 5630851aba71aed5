import type { DuckDBConnection } from '@duckdb/node-api';
import { join } from 'node:path';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { regularFileWithin } from '../contained';
import { jsonValueFault, jsonValueSql } from './json-value';
import { queryTexts } from './query';
import { exactly, literal, quoted } from './sql';

type Table = Pipeline['tables'][string];

/** Creates the pipeline's static tables from their files. Throws BAD_TABLE with the file, the row and the reason. */
export async function loadStaticTables(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  folder: string,
): Promise<void> {
  for (const [name, table] of Object.entries(pipeline.tables)) {
    const file = join(folder, table.file);
    try {
      // Looked at once more: the folder may have changed since the pipeline was read.
      const real = await regularFileWithin(folder, file);
      await connection.run(
        `CREATE TABLE ${quoted(name)} AS ${table.format === 'csv' ? csv(table, real) : json(table, real)}`,
      );
    } catch (cause) {
      if (/\bOut of Memory\b/.test(messageOf(cause))) {
        throw new DaybreakError('ENGINE_FAILED', {
          what: `DuckDB has too little memory for the table ${name} (${file}): ${messageOf(cause).split('\n')[0] ?? ''}`,
          remedy: 'Give it more memory, or fewer threads to share it; the published day is untouched.',
          cause,
        });
      }
      throw new DaybreakError('BAD_TABLE', {
        what: `the table ${name} cannot be read from ${file}: ${(messageOf(cause).split('\n')[0] ?? '').replace(/^Invalid Input Error: /, '')}`,
        remedy: `Correct the file, or the table's columns (${Object.entries(table.columns)
          .map((c) => c.join(' '))
          .join(', ')}).`,
        cause,
      });
    }
    if (!table.allowDuplicateKeys) await checkKey(connection, name, table, file);
  }
}

/** Leaves nothing for DuckDB to guess: it would take rows for comments. An empty field is null. Finds the columns by the header line, in any order. */
function csv({ columns }: Table, file: string): string {
  const values = Object.entries(columns).map(([name, type]) => {
    const text = quoted(name);
    if (type === 'VARCHAR') return text;
    const accepted = { BIGINT: '-?[0-9]+', DOUBLE: '-?[0-9].*', BOOLEAN: 'true|false' }[type];
    return `CASE WHEN ${text} IS NULL THEN NULL
      WHEN regexp_full_match(${text}, '${accepted}') AND TRY_CAST(${text} AS ${type}) IS NOT NULL THEN ${text}::${type}
      ELSE error('row ' || row || ': ${name} is ' || ${text} || ', not a ${type}') END AS ${quoted(name)}`;
  });
  return `SELECT ${values.join(', ')} FROM (SELECT *, row_number() OVER () AS row FROM read_csv(${literal(exactly(file))},
    header = true, delim = ',', quote = '"', escape = '"', comment = '', skip = 0, null_padding = false, nullstr = '',
    all_varchar = true, hive_partitioning = false))`;
}

/** Reads the fields as raw JSON, because a typed read coerces in silence. */
function json({ columns, format }: Table, file: string): string {
  const fields = Object.keys(columns).map((name) => `${literal(name)}: 'JSON'`);
  const layout = format === 'json' ? 'array' : 'newline_delimited';
  const values = Object.entries(columns).map(([name, type]) => {
    const value = `${quoted(name)}::VARCHAR`;
    return `CASE WHEN ${jsonValueFault(name, type, value)} IS NOT NULL
      THEN error('row ' || row || ': ' || ${jsonValueFault(name, type, value)}) ELSE ${jsonValueSql(type, value)} END AS ${quoted(name)}`;
  });
  return `SELECT ${values.join(', ')} FROM (SELECT *, row_number() OVER () AS row
    FROM read_json(${literal(exactly(file))}, hive_partitioning = false, format = '${layout}', columns = {${fields.join(', ')}}))`;
}

async function checkKey(connection: DuckDBConnection, name: string, table: Table, file: string): Promise<void> {
  const key = table.key.map(quoted).join(', ');
  const [repeated] = await queryTexts(
    connection,
    `SELECT to_json(struct_pack(${table.key.map((column) => `${quoted(column)} := ${quoted(column)}`).join(', ')}))::VARCHAR, n
     FROM (SELECT ${key}, count(*)::INTEGER AS n FROM ${quoted(name)} GROUP BY ALL HAVING n > 1 ORDER BY ALL LIMIT 1)`,
  );
  if (repeated === undefined) return;
  throw new DaybreakError('BAD_TABLE', {
    what: `the table ${name} holds ${repeated[1] ?? ''} rows with the key ${repeated[0] ?? ''} (${file}), so a join can multiply rows`,
    remedy: 'Remove the extra rows, name a key that is unique, or set allowDuplicateKeys: true for the table.',
  });
}
