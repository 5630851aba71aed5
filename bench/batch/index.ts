// node --import tsx bench/batch/index.ts [contender …]: a day's build beside DuckDB, chDB, Polars and PySpark, and what
// a build costs if little or nothing changed. Contenders: chdb, polars, pyspark; default: all. Linux only.
// DAYBREAK_BENCH_ROWS (default 20000000) sets the size of the day. DAYBREAK_BENCH_FILES (default 86400, at least 24)
// sets that of the day of small files. DAYBREAK_BENCH_ROUNDS (default 5, odd) sets how often the closest comparisons
// run.
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheFolder } from '../../scripts/stack/fetch/cache';
import { print, progress } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { buildCommand } from './build-command';
import { largeDay, smallFileDay } from './generate';
import { MEASURED_HEADS, measuredCells, medianRatio, middle } from './figures';
import { measure, type Measured } from './measure';
import { pythonEnvironment } from './python-environment';

const PIPELINE = 'pipelines/events';
const TABLE = join(PIPELINE, 'names.ndjson');
const CONTENDERS = ['chdb', 'polars', 'pyspark'] as const;
/**
 * The closest comparisons and the short ones run in rounds. The contenders alternate, so that a slow minute of the
 * machine affects all of them. Medians count.
 */
const SIZE = {
  rows: Number(process.env['DAYBREAK_BENCH_ROWS'] ?? 20_000_000),
  files: Number(process.env['DAYBREAK_BENCH_FILES'] ?? 86_400),
  rounds: Number(process.env['DAYBREAK_BENCH_ROUNDS'] ?? 5),
};
const FILES = `${SIZE.files.toLocaleString('en-US')} files`;

type Rounds = Record<'build' | 'yardstick' | 'unchanged' | 'late' | 'fewer', Measured[]>;

const work = join(cacheFolder(), 'bench-batch');
const results = join(work, 'results.json');

async function main(): Promise<void> {
  const wanted = CONTENDERS.filter((name) => process.argv.length <= 2 || process.argv.includes(name));
  const { rows, rounds: turns } = SIZE;
  const [day, quarter] = [await largeDay(work, rows), await largeDay(work, rows / 4)];
  const small = await smallFileDay(work, SIZE.files);
  const python = wanted.length === 0 ? '' : join(await pythonEnvironment(), 'bin', 'python');

  const rounds: Rounds = { build: [], yardstick: [], unchanged: [], late: [], fewer: [] };
  const lateInput = await builtWithLateRecords(day);
  for (let round = 0; round < turns; round += 1) {
    rounds.build.push(await run('Daybreak, every check', buildCommand(day, fresh('ours'))));
    rounds.yardstick.push(await run('DuckDB, one statement, no check', duckdb(day, fresh('duckdb.ndjson'))));
    rounds.unchanged.push(await run('Daybreak, nothing changed', buildCommand(day, join(work, 'ours'))));
    appendFileSync(join(lateInput, 'names.20261121.07.json'), lateRecord(round));
    rounds.late.push(await run('Daybreak, one late record', buildCommand(lateInput, join(work, 'late'))));
    rounds.fewer.push(await run('Daybreak, a quarter of the rows', buildCommand(quarter, fresh('quarter'))));
  }
  readAll(small);
  const files = await run(`Daybreak, ${FILES}`, buildCommand(small, fresh('small')));
  const glob = await run(`DuckDB's glob by the hour, ${FILES}`, duckdb(small, fresh('small-duckdb'), 'hourly'));
  const others: Measured[] = [];
  for (const name of wanted) {
    const script = join('bench/batch/python', `${name}_day.py`);
    others.push(await run(name, [python, script, day, resolve(TABLE), fresh(`${name}.ndjson`)]));
  }
  report(rows, rounds, { files, glob }, others);
}

function report(
  rows: number,
  rounds: Rounds,
  { files, glob }: { files: Measured; glob: Measured },
  others: readonly Measured[],
): void {
  const build = middle(rounds.build);
  const all = [...Object.values(rounds).map(middle), files, glob, ...others];
  const ratio = (one: Measured, other: Measured): number => Number((one.seconds / other.seconds).toFixed(3));
  const inTurns = (one: readonly Measured[], other: readonly Measured[]): number =>
    Number(medianRatio(one, other).toFixed(3));
  print(
    table([
      [`${rows.toLocaleString('en-US')} rows`, ...MEASURED_HEADS, 'Daybreak takes'],
      ...all.map((one) => [...measuredCells(one), ratio(build, one).toFixed(3)]),
    ]),
  );
  const bounds = [
    ['build ÷ one statement of DuckDB', inTurns(rounds.build, rounds.yardstick), 0.7],
    ['main thread ÷ CPU of the build', Number((build.mainSeconds / build.cpuSeconds).toFixed(3)), 0.05],
    [
      'peak GB of the build',
      Number((Math.max(...rounds.build.map(({ peakMebibytes }) => peakMebibytes)) * 1.048576e-3).toFixed(3)),
      0.6,
    ],
    ['build ÷ a quarter of its rows', inTurns(rounds.build, rounds.fewer), 4.4],
    ['nothing changed ÷ build', inTurns(rounds.unchanged, rounds.build), 0.03],
    ['one late record ÷ build', inTurns(rounds.late, rounds.build), 0.12],
    [`${FILES} ÷ DuckDB's glob`, ratio(files, glob), 0.4],
    ...others.flatMap((other) => {
      const bound = { polars: 0.8, pyspark: 0.2 }[other.name];
      return bound === undefined ? [] : [[`build ÷ ${other.name}`, ratio(build, other), bound] as const];
    }),
  ] as const;
  print(
    table([
      ['goal', 'measured', 'at most', ''],
      ...bounds.map(([goal, value, bound]) => [goal, String(value), String(bound), value <= bound ? 'met' : 'MISSED']),
    ]),
  );
  const goals = bounds.map(([goal, value, atMost]) => ({ goal, value, atMost, met: value <= atMost }));
  writeFileSync(results, `${JSON.stringify({ rows, measured: all, goals }, undefined, 2)}\n`);
  print(`written to ${results}`);
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

function lateRecord(id: number): string {
  return `{"hello":"late","id":${-1 - id},"time":"2026-11-21 07:30:00"}\n`;
}

/**
 * The input folder of a day that was built as `late`. Its files are hard links, because a symbolic link out of the
 * input folder is refused. The file that gets late records is a copy.
 */
async function builtWithLateRecords(day: string): Promise<string> {
  const input = fresh('late-input');
  mkdirSync(input);
  for (const file of readdirSync(day)) {
    if (file.includes('.07')) copyFileSync(join(day, file), join(input, file));
    else linkSync(join(day, file), join(input, file));
  }
  await run('Daybreak, the day before late records', buildCommand(input, fresh('late')));
  return input;
}

/** Reads all files first, so that of two readers of many small files the first does not wait for the disk alone. */
function readAll(folder: string): void {
  for (const file of readdirSync(folder)) readFileSync(join(folder, file));
}

void main();
