// One statement of DuckDB over the day of nested events, which checks nothing:
// node --import tsx nested-statement.ts INPUT_FOLDER PIPELINE_FOLDER OUTPUT
import { DuckDBInstance } from '@duckdb/node-api';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '', pipeline = '', output = ''] = process.argv.slice(2);

const FIELDS = `{'@timestamp': 'VARCHAR', event: 'STRUCT(id VARCHAR)', user: 'STRUCT(id BIGINT)', page: 'STRUCT(path VARCHAR)',
  'http.referrer': 'VARCHAR', items: 'STRUCT(sku VARCHAR, price DECIMAL(8,2))[]', campaigns: 'VARCHAR[]', app: 'VARCHAR',
  device: 'JSON', render_ms: 'BIGINT'}`;

async function main(): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE products AS FROM read_csv('${join(pipeline, 'products/2026-10-01.csv')}')`);
  await connection.run(`CREATE VIEW events AS
    SELECT DISTINCT "@timestamp", event.id AS view, "user".id AS visitor, page.path AS page, "http.referrer",
      items[1].sku AS sku, items[1].price AS price, campaigns, app, device, render_ms
    FROM read_json('${folder}/*/*.ndjson', format = 'newline_delimited', columns = ${FIELDS})`);
  const transform = readFileSync(join(pipeline, 'transform.sql'), 'utf8').trim().replace(/;$/, '');
  await connection.run(`COPY (${transform}) TO '${output}' (FORMAT json)`);
}

void main();
