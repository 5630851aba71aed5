import type { DuckDBConnection } from '@duckdb/node-api';
import { DaybreakError, messageOf } from '../../domain/errors';
import { delimiterOf, type Pipeline } from '../../domain/pipeline';
import { regularFileWithin } from '../../clients/storage/local/safe-path';
import { csvRows, takeHeader } from './csv-rows';
import { checkDelimiter, checkHeader } from './header';
import { jsonElements } from './json-elements';
import { ndjsonLines } from './ndjson-lines';
import type { TableVersions } from '../model/table-version';
import { readTable, TableFault, type TableRecords, type TableSource } from './table-records';
import { fastPath } from '../duckdb/fast-path';
import { queryTexts, runPrepared, StatementCache } from '../duckdb/query';
import { quoted } from '../duckdb/sql';
import { memoryFailureOf } from '../duckdb/value-failure';
import { csvRowsSql, FAULT_OF_ROW, KEYS_SQL, objectRowsSql } from './table-rule';

type Table = Pipeline['tables'][string];

export interface TableLoadOptions {
  /** Whether a table that only its storage has is left empty, as a check of the SQL needs it. Default: that is an error. */
  readonly emptyUnlessLocal?: boolean;
  /** What to do about a table that needs more memory than there is. Default: what helps a build. */
  readonly memoryRemedy?: string;
}

/**
 * Creates the pipeline's static tables from their files. Throws BAD_TABLE with the file, the line, the value and what
 * is accepted.
 */
export async function loadStaticTables(
  connection: DuckDBConnection,
  { tables }: Pick<Pipeline, 'tables'>,
  versions: TableVersions,
  { emptyUnlessLocal = false, memoryRemedy = MEMORY_REMEDY }: TableLoadOptions = {},
): Promise<void> {
  for (const [name, table] of Object.entries(tables)) {
    const version = versions[name];
    if (version?.local === undefined) {
      if (!emptyUnlessLocal) throw new Error(`the table ${name} was not fetched from its location`);
      await createTable(connection, name, table);
      continue;
    }
    const { file, place, local } = version;
    try {
      // Checked again, since the folder may have changed after the pipeline was read.
      const source = { file, path: await regularFileWithin(local.folder, local.path) };
      await new TableLoad(connection, name, table, source).run();
    } catch (cause) {
      throw shortOfMemory(cause, name, place, memoryRemedy) ?? refusalOf(cause, name, table, place);
    }
    if (table.allowDuplicateKeys) continue;
    await checkKey(connection, name, table, place).catch((cause: unknown) => {
      throw shortOfMemory(cause, name, place, memoryRemedy) ?? cause;
    });
  }
}

async function createTable(connection: DuckDBConnection, name: string, table: Table): Promise<void> {
  const columns = Object.entries(table.columns).map(([column, type]) => `${quoted(column)} ${type}`);
  await connection.run(`CREATE TABLE ${quoted(name)} (${columns.join(', ')})`);
}

class TableLoad {
  readonly #connection: DuckDBConnection;
  readonly #statements: StatementCache;
  readonly #name: string;
  readonly #table: Table;
  readonly #source: TableSource;

  constructor(connection: DuckDBConnection, name: string, table: Table, source: TableSource) {
    this.#connection = connection;
    this.#statements = new StatementCache(connection);
    this.#name = name;
    this.#table = table;
    this.#source = source;
  }

  async run(): Promise<void> {
    await createTable(this.#connection, this.#name, this.#table);
    await (this.#table.format === 'csv' ? this.#loadCsv() : this.#loadObjects());
  }

  async #loadCsv(): Promise<void> {
    const delimiter = delimiterOf(this.#table);
    let sql: string | undefined;
    const columns = Object.keys(this.#table.columns);
    const rows = csvRows(delimiter, (line) => {
      checkDelimiter({ line, place: 'line 1' }, columns, delimiter);
    });
    for await (let records of readTable(this.#source, rows)) {
      if (sql === undefined) {
        const header = takeHeader(records, delimiter);
        if (header === undefined) continue;
        checkHeader(header, columns, delimiter);
        sql = csvRowsSql(this.#table.columns, header.names, delimiter);
        records = header.records;
      }
      await this.#insert(sql, records);
    }
    if (sql === undefined) throw new TableFault('there is no header line');
  }

  async #loadObjects(): Promise<void> {
    const { columns, format } = this.#table;
    let rows = 0;
    for await (const records of this.#readObjects()) {
      rows += await this.#insert(objectRowsSql(columns, fastPath?.proveRows(records.text, columns)), records);
    }
    // An empty array says that there are no rows. An empty file may still have to be written.
    if (rows === 0 && format === 'ndjson') {
      throw new TableFault('there is no row', "Write its rows, or [] with the format 'json' where it is to have none.");
    }
    if (rows > 0) await this.#checkColumns();
  }

  #readObjects(): AsyncGenerator<TableRecords> {
    return readTable(this.#source, this.#table.format === 'json' ? jsonElements() : ndjsonLines());
  }

  /** Resolves to the number of rows. Throws TableFault. */
  async #insert(sql: string, { text, placeOf }: TableRecords): Promise<number> {
    if (text.length === 0) return 0;
    const statement = await this.#statements.prepare(`INSERT INTO ${quoted(this.#name)} ${sql}`);
    statement.bindBlob(1, text);
    try {
      return (await runPrepared(statement)).rowsChanged;
    } catch (thrown) {
      const [, position, fault] = FAULT_OF_ROW.exec(messageOf(thrown)) ?? [];
      if (position === undefined || fault === undefined) throw thrown;
      const isArray = this.#table.format === 'ndjson' && /^not .*: \s*\[/.test(fault);
      throw new TableFault(
        `${placeOf(Number(position))}: ${fault}${isArray ? "; is it an array, of the format 'json'?" : ''}`,
        isArray ? `Set format: json for the table ${this.#name} in pipeline.yaml.` : undefined,
      );
    }
  }

  /** A column without any value must be named at least once, since a misspelt column would be null in every row. */
  async #checkColumns(): Promise<void> {
    const columns = Object.keys(this.#table.columns);
    const counts = await queryTexts(
      this.#connection,
      `SELECT ${columns.map((column) => `count(${quoted(column)})`).join(', ')} FROM ${quoted(this.#name)}`,
    );
    const empty = columns.filter((_, index) => counts[0]?.[index] === '0');
    if (empty.length === 0) return;
    const keys = new Set<string>();
    for await (const { text } of this.#readObjects()) {
      const statement = await this.#statements.prepare(KEYS_SQL);
      statement.bindBlob(1, text);
      for (const [key] of (await statement.runAndReadAll()).getRowsJson()) if (typeof key === 'string') keys.add(key);
    }
    const missing = empty.find((column) => !keys.has(column));
    if (missing === undefined) return;
    const there = [...keys].slice(0, MOST_NAMES).join(', ') + (keys.size > MOST_NAMES ? ', …' : '');
    throw new TableFault(`no column ${missing} in any row; there are ${there === '' ? 'none' : there}`);
  }
}

const MOST_NAMES = 20;
const MEMORY_REMEDY =
  'Give it more memory (DAYBREAK_BUILD_MEMORY), or make the table smaller; the published day is untouched.';

/** Undefined if the failure is another one. */
function shortOfMemory(cause: unknown, name: string, file: string, remedy: string): DaybreakError | undefined {
  const reason = memoryFailureOf(cause);
  if (reason === undefined) return undefined;
  const what = `DuckDB has too little memory for the table ${name} (${file}): ${reason}`;
  return new DaybreakError('ENGINE_FAILED', { what, remedy, cause });
}

function refusalOf(cause: unknown, name: string, { columns }: Table, file: string): DaybreakError {
  const reason = messageOf(cause instanceof DaybreakError ? cause.cause : cause);
  const declared = Object.entries(columns).map((column) => column.join(' '));
  const remedy = `Correct the file, or the table's columns in pipeline.yaml (${declared.join(', ')}).`;
  const what = `the table ${name} cannot be read from ${file}: ${reason}`;
  return cause instanceof TableFault
    ? new DaybreakError('BAD_TABLE', { what, remedy: cause.remedy ?? remedy })
    : new DaybreakError('BAD_TABLE', { what, remedy, cause });
}

/** Rows with a null in their key never join, so that they may repeat. */
async function checkKey(connection: DuckDBConnection, name: string, table: Table, file: string): Promise<void> {
  const key = table.key.map(quoted);
  const [repeated] = await queryTexts(
    connection,
    `SELECT to_json(struct_pack(${key.map((column) => `${column} := ${column}`).join(', ')}))::VARCHAR, daybreak_rows
     FROM (SELECT ${key.join(', ')}, count(*)::INTEGER AS daybreak_rows FROM ${quoted(name)}
       WHERE ${key.map((column) => `${column} IS NOT NULL`).join(' AND ')}
       GROUP BY ALL HAVING daybreak_rows > 1 ORDER BY ALL LIMIT 1)`,
  );
  if (repeated === undefined) return;
  throw new DaybreakError('BAD_TABLE', {
    what: `the table ${name} holds ${repeated[1] ?? ''} rows with the key ${repeated[0] ?? ''} (${file}), so a join can multiply rows`,
    remedy: 'Remove the extra rows, name a key that is unique, or set allowDuplicateKeys: true for the table.',
  });
}
