// node --import tsx bench/batch/index.ts [contender …]: a day's build beside DuckDB, chDB, Polars and PySpark, and what a build
// costs when little or nothing changed. Contenders: chdb, polars, pyspark; default: all. Linux only.
// DAYBREAK_BENCH_ROWS (default 20000000) sets the size of the day.
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { cached, cacheFolder } from '../../scripts/stack/cache';
import { print, progress } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { largeDay, smallFileDay } from './generate';
import { measure, type Measured } from './measure';

const PIPELINE = 'pipelines/events';
const TABLE = join(PIPELINE, 'names.ndjson');
const RESULTS = join('.daybreak', 'bench-batch.json');
const CONTENDERS = ['chdb', 'polars', 'pyspark'] as const;
/** Of the two that are compared most closely, in turns, so that a slow minute of the machine meets both. */
const ROUNDS = 3;
const LATE_RECORD = '{"hello":"late","id":-1,"time":"2026-11-21 07:30:00"}\n';

const work = join(cacheFolder(), 'bench-batch');

async function main(): Promise<void> {
  const wanted = CONTENDERS.filter((name) => process.argv.length <= 2 || process.argv.includes(name));
  const rows = Number(process.env['DAYBREAK_BENCH_ROWS'] ?? 20_000_000);
  const [day, quarter, small] = [await largeDay(work, rows), await largeDay(work, rows / 4), await smallFileDay(work)];
  const python = wanted.length === 0 ? '' : join(await pythonEnvironment(), 'bin', 'python');

  const full: Measured[] = [];
  const statement: Measured[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    full.push(await run('Daybreak, every check', ours(day, fresh('ours'))));
    statement.push(await run('DuckDB, one statement, no check', duckdb(day, fresh('duckdb.ndjson'))));
  }
  const [build, yardstick] = [median(full), median(statement)];
  const unchanged = await run('Daybreak, nothing changed', ours(day, join(work, 'ours')));
  const late = await run('Daybreak, one late record', await afterLateRecord(day));
  const fewer = await run(`Daybreak, a quarter of the rows`, ours(quarter, fresh('quarter')));
  readAll(small);
  const files = await run('Daybreak, 86,400 files', ours(small, fresh('small')));
  const glob = await run("DuckDB's glob by the hour, 86,400 files", duckdb(small, fresh('small-duckdb'), 'hourly'));
  const others: Measured[] = [];
  for (const name of wanted) {
    const script = join('bench/batch/python', `${name}_day.py`);
    others.push(await run(name, [python, script, day, resolve(TABLE), fresh(`${name}.ndjson`)]));
  }
  report(rows, { build, yardstick, unchanged, late, fewer, files, glob }, others);
}

function report(rows: number, measured: Record<string, Measured | undefined>, others: readonly Measured[]): void {
  const { build, yardstick, unchanged, late, fewer, files, glob } = measured;
  const all = [...Object.values(measured), ...others].filter((one) => one !== undefined);
  const ratio = (one: Measured | undefined, other: Measured | undefined): number =>
    Number(((one?.seconds ?? NaN) / (other?.seconds ?? NaN)).toFixed(3));
  print(
    table([
      [`${rows.toLocaleString('en-US')} rows`, 'seconds', 'CPU s', 'peak MiB', 'Daybreak takes'],
      ...all.map((one) => [
        one.name,
        one.seconds.toFixed(2),
        one.cpuSeconds.toFixed(1),
        String(one.peakMebibytes),
        ratio(build, one).toFixed(3),
      ]),
    ]),
  );
  const bounds = [
    ['build ÷ one statement of DuckDB', ratio(build, yardstick), 1],
    ['peak GB of the build', Number(((build?.peakMebibytes ?? NaN) * 1.048576e-3).toFixed(3)), 0.8],
    ['build ÷ a quarter of its rows', ratio(build, fewer), 4.4],
    ['nothing changed ÷ build', ratio(unchanged, build), 0.03],
    ['one late record ÷ build', ratio(late, build), 0.12],
    ["86,400 files ÷ DuckDB's glob", ratio(files, glob), 0.4],
    ...others
      .filter(({ name }) => name === 'pyspark')
      .map((spark) => ['build ÷ PySpark', ratio(build, spark), 0.2] as const),
  ] as const;
  print(
    table([
      ['goal', 'measured', 'at most', ''],
      ...bounds.map(([goal, value, bound]) => [goal, String(value), String(bound), value <= bound ? 'met' : 'MISSED']),
    ]),
  );
  mkdirSync(dirname(RESULTS), { recursive: true });
  const goals = bounds.map(([goal, value, atMost]) => ({ goal, value, atMost, met: value <= atMost }));
  writeFileSync(RESULTS, `${JSON.stringify({ rows, measured: all, goals }, undefined, 2)}\n`);
  print(`written to ${RESULTS}`);
}

function ours(input: string, output: string): string[] {
  return [
    ...[process.execPath, 'scripts/daybreak.mjs', 'batch', 'build', '--pipeline', PIPELINE],
    ...['--date', '2026-11-21', '--input', input, '--output', output],
  ];
}

function duckdb(input: string, output: string, ...more: string[]): string[] {
  return [process.execPath, '--import', 'tsx', 'bench/batch/duckdb-statement.ts', input, TABLE, output, ...more];
}

async function run(name: string, command: readonly string[]): Promise<Measured> {
  const measured = await measure(name, command);
  progress(`${name}: ${measured.seconds} s, ${measured.cpuSeconds} CPU s, ${measured.peakMebibytes} MiB`);
  return measured;
}

function fresh(name: string): string {
  rmSync(join(work, name), { recursive: true, force: true });
  return join(work, name);
}

/** Builds a day whose files are links, adds a record to one, and gives the command that builds it again. */
async function afterLateRecord(day: string): Promise<string[]> {
  const input = fresh('late-input');
  mkdirSync(input);
  for (const file of readdirSync(day)) {
    if (file.includes('.07')) copyFileSync(join(day, file), join(input, file));
    else symlinkSync(join(day, file), join(input, file));
  }
  const command = ours(input, fresh('late'));
  await run('Daybreak, the day before the late record', command);
  appendFileSync(join(input, 'names.20261121.07.json'), LATE_RECORD);
  return command;
}

/** So that neither of two readers of many small files waits for the disk in the other's place. */
function readAll(folder: string): void {
  for (const file of readdirSync(folder)) readFileSync(join(folder, file));
}

function median(measured: readonly Measured[]): Measured | undefined {
  return measured.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(measured.length / 2)];
}

/** A Python with what requirements.txt pins, made once. Throws where that fails, with pip's last words. */
async function pythonEnvironment(): Promise<string> {
  const requirements = 'bench/batch/python/requirements.txt';
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 8);
  return cached(`bench-batch-python-${version}`, async (staging) => {
    await run('making the Python environment', ['python3', '-m', 'venv', staging]);
    await run('installing chDB, Polars and PySpark', [
      ...[join(staging, 'bin/python'), '-m', 'pip', 'install', '--quiet', '--requirement', requirements],
    ]);
  });
}

void main();
