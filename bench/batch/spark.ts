// node --import tsx bench/batch/spark.ts: a day's build on Spark beside plain PySpark, both on local[2] of the same
// Spark, in turn, and the worker's memory for a quarter of the rows and for all. DAYBREAK_BENCH_ROWS (default 20000000)
// sets the size of the day, DAYBREAK_BENCH_ROUNDS (default 3, odd) how often both run. Linux only.
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { print, progress } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { cacheFolder } from '../../scripts/stack/fetch/cache';
import { findSpark } from '../../scripts/stack/fetch/spark';
import { buildCommand } from './build-command';
import { median, printGoals } from './figures';
import { largeDay } from './generate';
import { measure, type Measured } from './measure';

const PIPELINE = 'pipelines/events';
const ROWS = Number(process.env['DAYBREAK_BENCH_ROWS'] ?? 20_000_000);
const ROUNDS = Number(process.env['DAYBREAK_BENCH_ROUNDS'] ?? 3);
const work = join(cacheFolder(), 'bench-batch');
const results = join(work, 'spark.json');

async function main(): Promise<void> {
  const [day, quarter] = [await largeDay(work, ROWS), await largeDay(work, ROWS / 4)];
  const { sparkSubmit } = await findSpark();
  // The memory must be known before the JVM starts, so that the script comes too late to set it.
  const plain = [sparkSubmit, '--driver-memory', '4g', 'bench/batch/python/pyspark_day.py'];
  const fewer = await run('Daybreak on Spark, a quarter of the rows', onSpark(quarter));
  const rounds: { readonly build: Measured; readonly pyspark: Measured }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const build = await run('Daybreak on Spark, every check', onSpark(day));
    const pyspark = await run('PySpark, no check', [
      ...[...plain, day, resolve(join(PIPELINE, 'names.ndjson')), fresh('pyspark')],
    ]);
    rounds.push({ build, pyspark });
  }
  const ratios = rounds.map(({ build, pyspark }) => build.seconds / pyspark.seconds);
  const largest = Math.max(...rounds.map(({ build }) => build.ownPeakMebibytes));
  const goals = [
    ['build on Spark ÷ PySpark', median(ratios, (ratio) => ratio), 1],
    ["the worker's peak ÷ that for a quarter of the rows", largest / fewer.ownPeakMebibytes, 1.1],
  ] as const;
  const measured = [fewer, ...rounds.flatMap(({ build, pyspark }) => [build, pyspark])];
  print(
    table([
      [`${ROWS.toLocaleString('en-US')} rows, local[2]`, 'seconds', 'CPU s', 'peak MiB', 'of the worker'],
      ...measured.map((one) => [
        one.name,
        ...[one.seconds.toFixed(2), one.cpuSeconds.toFixed(1), String(one.peakMebibytes), String(one.ownPeakMebibytes)],
      ]),
    ]),
  );
  printGoals(goals);
  writeFileSync(results, `${JSON.stringify({ rows: ROWS, measured, goals }, undefined, 2)}\n`);
  print(`written to ${results}`);
}

function onSpark(input: string): string[] {
  return buildCommand(input, fresh('ours-spark'), '--engine', 'spark', '--master', 'local[2]');
}

async function run(name: string, command: readonly string[]): Promise<Measured> {
  const measured = await measure(name, command);
  progress(`${name}: ${measured.seconds} s, ${measured.cpuSeconds} CPU s, ${measured.ownPeakMebibytes} MiB`);
  return measured;
}

function fresh(name: string): string {
  rmSync(join(work, name), { recursive: true, force: true });
  return join(work, name);
}

void main();
