// One statement of DuckDB, which checks nothing:
// node --import tsx duckdb-statement.ts INPUT_FOLDER TABLE OUTPUT [hourly]
import { DuckDBInstance } from '@duckdb/node-api';
import { mkdirSync } from 'node:fs';

const [folder = '', table = '', output = '', hourly] = process.argv.slice(2);

const day = (files: string): string => `SELECT e.time, e.id AS user_id, n.name AS user_name, e.hello, n.uid
  FROM (SELECT DISTINCT * FROM read_json('${folder}/${files}', format = 'newline_delimited',
    columns = {hello: 'VARCHAR', id: 'BIGINT', time: 'VARCHAR'})) e
  LEFT JOIN names n ON n.uid = e.id % 10`;

async function main(): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE names AS FROM read_json('${table}', columns = {uid: 'BIGINT', name: 'VARCHAR'})`);
  if (hourly === undefined) {
    await connection.run(`COPY (${day('*.json')}) TO '${output}' (FORMAT json)`);
    return;
  }
  mkdirSync(output);
  for (let hour = 0; hour < 24; hour += 1) {
    const name = String(hour).padStart(2, '0');
    await connection.run(`COPY (${day(`*.${name}*.json`)}) TO '${output}/${name}.ndjson' (FORMAT json)`);
  }
}

void main();
