import {
  DuckDBPendingResultState,
  DuckDBResultReader,
  type DuckDBConnection,
  type DuckDBPendingResult,
  type DuckDBPreparedStatement,
  type DuckDBResult,
} from '@duckdb/node-api';
import { setImmediate as otherWork } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { messageOf } from '../../domain/errors';

/**
 * Runs a prepared statement to its end. A thread of a build does this itself. Elsewhere libuv's pool does it, so that the
 * event loop goes on: of these threads a process has four, whatever its number of cores, and they read and write files,
 * too.
 */
export async function runPrepared(statement: DuckDBPreparedStatement): Promise<DuckDBResult> {
  if (isMainThread) return statement.run();
  const pending = statement.start();
  // A task is some milliseconds of work. Between them an interruption can come.
  while (!isReady(pending)) await otherWork();
  return pending.getResult();
}

/** The same for the text of one statement. `parameters` by name. */
export async function run(
  connection: DuckDBConnection,
  sql: string,
  parameters?: Record<string, string>,
): Promise<DuckDBResult> {
  if (isMainThread) return connection.run(sql, parameters);
  const statement = await connection.prepare(sql);
  try {
    if (parameters !== undefined) statement.bind(parameters);
    return await runPrepared(statement);
  } finally {
    statement.destroySync();
  }
}

/** Runs one task. Throws DuckDB's message alone, as any other statement does. */
function isReady(pending: DuckDBPendingResult): boolean {
  try {
    return pending.runTask() === DuckDBPendingResultState.RESULT_READY;
  } catch (thrown) {
    const message = messageOf(thrown).replace(/^Failure running pending result task: /, '');
    throw new Error(message, { cause: thrown });
  }
}

/** The rows of a result as text; a null value is null. For small results: counts, names, checks. `parameters` by name. */
export async function queryTexts(
  connection: DuckDBConnection,
  sql: string,
  parameters?: Record<string, string>,
): Promise<(string | null)[][]> {
  const reader = new DuckDBResultReader(await run(connection, sql, parameters));
  await reader.readAll();
  return reader.getRowsJson().map((row) => row.map(textOf));
}

/** The single value of a result, as a count. */
export async function queryCount(connection: DuckDBConnection, sql: string): Promise<number> {
  const [row] = await queryTexts(connection, sql);
  return Number(row?.[0] ?? 0);
}

/** Like `queryTexts`, for large results: holds only a small part at once. The connection is in use until it ends. */
export async function* streamTexts(connection: DuckDBConnection, sql: string): AsyncGenerator<(string | null)[]> {
  const result = await connection.stream(sql);
  for await (const rows of result.yieldRowsJson()) {
    for (const row of rows) yield row.map(textOf);
  }
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Prepared statements by their text. Keeps only the latest few, since a layout that is gone seldom comes back. */
export class StatementCache {
  readonly #connection: DuckDBConnection;
  readonly #statements = new Map<string, DuckDBPreparedStatement>();

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  async prepare(sql: string): Promise<DuckDBPreparedStatement> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= 16) this.#clear();
    const statement = await this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #clear(): void {
    for (const statement of this.#statements.values()) statement.destroySync();
    this.#statements.clear();
  }
}
