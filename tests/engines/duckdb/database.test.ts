import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase, type Database } from '../../../engines/duckdb/database';
import { literal, parquetSql } from '../../../engines/duckdb/sql';
import { loadExample, scratchFolder } from '../scratch';

describe('the database of a build', () => {
  const root = scratchFolder();
  const path = join(root, 'hour.parquet');
  let database: Database;

  beforeAll(async () => {
    database = await openDatabase((await loadExample('events')).pipeline, undefined, { outputFolder: root });
  });
  afterAll(() => {
    database.close();
  });

  /** The bytes of a Parquet file with the rows of a query. */
  async function parquetOf(sql: string): Promise<Buffer> {
    await database.connection.run(`COPY (${sql}) TO ${literal(path)} (FORMAT parquet)`);
    return readFile(path);
  }

  // DuckDB's cache of files took a part of the former content for a part of the next.
  it('reads a file that was written again with as many bytes at once', async () => {
    const [first, next] = ['x'.repeat(17), 'x'.repeat(13)];
    const contents = [
      await parquetOf(`SELECT 'n' AS v, '${first}' AS w`),
      await parquetOf(`SELECT 'n' AS vvvv, '${next}' AS w`),
    ];
    expect(new Set(contents.map(({ length }) => length)).size).toBe(1);
    const read: unknown[] = [];
    for (const content of contents) {
      await writeFile(path, content);
      read.push(...(await database.connection.runAndReadAll(`SELECT * FROM ${parquetSql(path)}`)).getRowsJson());
    }
    expect(read).toEqual([
      ['n', first],
      ['n', next],
    ]);
  });
});
