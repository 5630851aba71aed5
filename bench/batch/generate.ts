import { DuckDBInstance } from '@duckdb/node-api';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const HOURS = 24;

/** A day of `rows` records in 24 files; every hundredth record is there twice. Made once. Returns its folder. */
export async function largeDay(folder: string, rows: number): Promise<string> {
  return once(join(folder, `day-${rows}`), async (staging) => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const each = Math.floor(rows / HOURS);
    for (let hour = 0; hour < HOURS; hour += 1) {
      const name = String(hour).padStart(2, '0');
      await connection.run(`COPY (
        SELECT '{"hello":"ssm-seoul","id":' || (${hour * each} + k) || ',"time":"2026-11-21 '
          || strftime(TIMESTAMP '2026-11-21 ${name}:00:00' + to_microseconds((k * 3600000000) // ${each}), '%H:%M:%S') || '"}'
        FROM (SELECT CASE WHEN row % 101 = 100 THEN row - 50 ELSE row END AS k FROM range(${each}) AS rows(row)))
        TO '${join(staging, `names.20261121.${name}.json`)}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')`);
    }
  });
}

/**
 * A day as Fluentd writes it with one file for each emit, evenly spread: 86,400 files are one record a second. Made
 * once. Returns its folder.
 */
export async function smallFileDay(folder: string, files: number): Promise<string> {
  return once(join(folder, `day-of-${files}-files`), (staging) => {
    for (let emit = 0; emit < files; emit += 1) {
      const second = Math.floor((emit * 86_400) / files);
      const at = new Date(second * 1000).toISOString().slice(11, 19);
      const file = openSync(join(staging, `names.20261121.${at.slice(0, 2)}_${second % 3600}.json`), 'w');
      writeSync(file, `{"hello":"ssm-seoul","id":${second},"time":"2026-11-21 ${at}"}\n`);
      closeSync(file);
    }
  });
}

async function once(folder: string, fill: (staging: string) => void | Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  const staging = `${folder}.part`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  await fill(staging);
  renameSync(staging, folder);
  return folder;
}
