import { DuckDBInstance } from '@duckdb/node-api';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const HOURS = 24;
const NOON = 12;

/** A day of `rows` records in 24 files; every hundredth record is there twice. Made once. Returns its folder. */
export async function largeDay(folder: string, rows: number): Promise<string> {
  return once(join(folder, `day-${rows}`), (staging) => writeHours(staging, () => Math.floor(rows / HOURS)));
}

/** Such a day of which noon has 60 %. */
export async function hotDay(folder: string, rows: number): Promise<string> {
  const other = Math.floor((0.4 * rows) / (HOURS - 1));
  return once(join(folder, `hot-day-${rows}`), (staging) =>
    writeHours(staging, (hour) => (hour === NOON ? rows - other * (HOURS - 1) : other)),
  );
}

/** The files of a day as one file. Made once. Returns its folder. */
export async function dayInOneFile(folder: string, day: string): Promise<string> {
  return once(join(folder, `${basename(day)}-in-one-file`), async (staging) => {
    const path = join(staging, 'names.20261121.json');
    for (const file of readdirSync(day).sort()) {
      await pipeline(createReadStream(join(day, file)), createWriteStream(path, { flags: 'a' }));
    }
  });
}

/** A day of `rows` nested events for the pipeline clicks; every hundredth is there twice. Made once. Returns its folder. */
export async function nestedDay(folder: string, rows: number): Promise<string> {
  return once(join(folder, `nested-day-${rows}`), (staging) => {
    mkdirSync(join(staging, '2026-11-21'));
    return writeHours(staging, () => Math.floor(rows / HOURS), NESTED);
  });
}

/** How the records of a day look. */
interface DayForm {
  /** The file of an hour, below the day's folder. */
  readonly file: (hour: string) => string;
  /** SQL of a record's text, of `id` and the local time `moment`. */
  readonly record: string;
}

const FLAT: DayForm = {
  file: (hour) => `names.20261121.${hour}.json`,
  record: `'{"hello":"ssm-seoul","id":' || id || ',"time":"2026-11-21 ' || strftime(moment, '%H:%M:%S') || '"}'`,
};

/** Of nine page views, six show a product. */
const SKU = `['TEA-01', 'CUP-04', 'KNI-11', 'PAN-20', 'BRD-07', 'MUG-02'][id % 9 + 1]`;
const NESTED: DayForm = {
  file: (hour) => `2026-11-21/clicks.${hour}.ndjson`,
  record: `concat('{"@timestamp":"2026-11-21T', strftime(moment, '%H:%M:%S.%g'), '+0100","event":{"id":"v-', id,
    '"},"user":{"id":', CASE WHEN id % 4 = 0 THEN 'null' ELSE (1000 + id * 7919 % 2000)::VARCHAR END,
    '},"page":{"path":"', coalesce('/p/' || ${SKU}, '/search'), '"},',
    CASE WHEN id % 3 > 0 THEN '"http.referrer":"https://search.example/?q=teapot",' END,
    '"items":[', '{"sku":"' || ${SKU} || '","price":' || id % 9 * 10 + 8.5 || '}',
    '],"campaigns":', ['[]', '["sale"]', '["sale","newsletter"]'][id % 5 % 3 + 1],
    ',"app":', ['6', '"7.1"', '"8.0-beta"'][id % 7 % 3 + 1],
    ',"device":{"os":"', ['android', 'ios', 'windows'][id % 11 % 3 + 1], '","width":', 390 + id % 1000,
    CASE WHEN id % 50 = 0 THEN ',"bot":true' END, '},"render_ms":', 40 + id * 31 % 400, '}')`,
};

async function writeHours(
  staging: string,
  rowsOf: (hour: number) => number,
  { file, record }: DayForm = FLAT,
): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  let first = 0;
  for (let hour = 0; hour < HOURS; hour += 1) {
    const name = String(hour).padStart(2, '0');
    const rows = rowsOf(hour);
    await connection.run(`COPY (
      SELECT ${record} FROM (
        SELECT ${first} + k AS id, TIMESTAMP '2026-11-21 ${name}:00:00' + to_microseconds((k * 3600000000) // ${rows}) AS moment
        FROM (SELECT CASE WHEN row % 101 = 100 THEN row - 50 ELSE row END AS k FROM range(${rows}) AS rows(row))))
      TO '${join(staging, file(name))}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')`);
    first += rows;
  }
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
