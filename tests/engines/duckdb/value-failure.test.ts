import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { valueFailureOf } from '../../../engines/duckdb/value-failure';

describe('valueFailureOf', () => {
  let connection: DuckDBConnection;
  beforeAll(async () => {
    connection = await (await DuckDBInstance.create(':memory:')).connect();
  });
  afterAll(() => {
    connection.closeSync();
  });

  it.each([
    ['x', 'text::BIGINT', /^Conversion Error: Could not convert string 'x'/],
    ['9223372036854775807', 'text::BIGINT + 1', /^Out of Range Error: Overflow/],
    ['(', "regexp_matches('a', text)", /^Invalid Input Error: missing/],
    ['Asia/Soul', "TIMESTAMP '2026-11-21 07:00:00' AT TIME ZONE text", /^Not implemented Error: Unknown TimeZone/],
    ['2026-11-21 Mars', "strptime(text, '%Y-%m-%d %Z')", /^Not implemented Error: Unknown TimeZone/],
    ['0 days', "time_bucket(text::INTERVAL, TIMESTAMP '2026-11-21 07:00:00')", /^Not implemented Error: Period/],
    ['', "list_reduce(string_split(text, ',')[2:], lambda x, y: x || y)", /^Parameter Not Allowed Error: Cannot/],
    ['ab', "'x' LIKE 'x' ESCAPE text", /^Syntax Error: Invalid escape string/],
  ])('names the value %j as the cause where %s fails', async (text, sql, failure) => {
    const statement = await connection.prepare(`SELECT ${sql} FROM (VALUES ($1::VARCHAR)) AS t(text)`);
    statement.bindVarchar(1, text);
    const thrown = await statement.run().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    statement.destroySync();
    expect(valueFailureOf(thrown)).toMatch(failure);
  });

  it.each(['SELECT gone FROM (VALUES (1)) AS t(here)', 'FROM gone', 'SELECT gone(1)', 'SELECT FROM WHERE'])(
    'names no value where %s is the cause',
    async (sql) => {
      const thrown = await connection.run(sql).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(String(thrown)).toMatch(/(?:Binder|Catalog|Parser) Error/);
      expect(valueFailureOf(thrown)).toBeUndefined();
    },
  );

  it.each([
    'Out of Memory Error: could not allocate block',
    'IO Error: Could not write file',
    'FATAL Error: database has been invalidated',
    'INTERNAL Error: Attempted to access index 1',
    'INTERRUPT Error: Interrupted!',
    'Connection Error: the connection is closed',
    'Permission Error: file system operations are disabled',
    'TransactionContext Error: Current transaction is aborted',
    'Invalid Error: Resource temporarily unavailable',
    "ENOSPC: no space left on device, write '/data'",
  ])('names no value in %s', (message) => {
    expect(valueFailureOf(new Error(message))).toBeUndefined();
  });
});
