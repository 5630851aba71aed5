// node --import tsx bench/batch/storage.ts: a day's build from a real S3 on this machine beside one from a folder.
// DAYBREAK_BENCH_ROWS (default 20000000) sets the size of the day, DAYBREAK_BENCH_ROUNDS (default 5, odd) how often each
// build runs. Linux only.
import { createReadStream, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { locationOf, openStorage } from '../../clients/storage';
import { print, progress } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { cacheFolder } from '../../scripts/stack/fetch/cache';
import { BUCKET, startS3 } from './bench-s3';
import { buildCommand } from './build-command';
import { median, printGoals } from './figures';
import { largeDay } from './generate';
import { measure, type Measured } from './measure';

const ROWS = Number(process.env['DAYBREAK_BENCH_ROWS'] ?? 20_000_000);
const ROUNDS = Number(process.env['DAYBREAK_BENCH_ROUNDS'] ?? 5);
const LOCATION = `s3://${BUCKET}/events`;
const GOALS = { time: 1.3, memory: 1.2, unchanged: 0.03 };

const work = join(cacheFolder(), 'bench-batch-storage');

async function main(): Promise<void> {
  const folder = await largeDay(join(cacheFolder(), 'bench-batch'), ROWS);
  const server = await startS3();
  try {
    await upload(folder);
    const [local, stored, unchanged]: [Measured[], Measured[], Measured[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      local.push(await build('from a folder', folder, fresh('local')));
      stored.push(await build('from S3', LOCATION, fresh('stored')));
      unchanged.push(await build('from S3, nothing changed', LOCATION, join(work, 'stored')));
    }
    report(local, stored, unchanged);
  } finally {
    await server.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

async function upload(folder: string): Promise<void> {
  const storage = await openStorage(locationOf(LOCATION));
  for (const name of readdirSync(folder)) await storage.write(name, createReadStream(join(folder, name)));
  storage.close();
}

async function build(name: string, input: string, output: string): Promise<Measured> {
  const measured = await measure(name, buildCommand(input, output));
  progress(`${name}: ${measured.seconds} s, ${measured.cpuSeconds} CPU s, ${measured.peakMebibytes} MiB`);
  return measured;
}

function fresh(name: string): string {
  const path = join(work, name);
  rmSync(path, { recursive: true, force: true });
  return path;
}

function report(local: readonly Measured[], stored: readonly Measured[], unchanged: readonly Measured[]): void {
  print(
    table([
      [`${ROWS.toLocaleString('en-US')} rows`, 'seconds', 'CPU s', 'peak MiB'],
      ...[local, stored, unchanged].map((rounds) => [
        rounds[0]?.name ?? '',
        median(rounds, ({ seconds }) => seconds).seconds.toFixed(2),
        median(rounds, ({ cpuSeconds }) => cpuSeconds).cpuSeconds.toFixed(1),
        String(median(rounds, ({ peakMebibytes }) => peakMebibytes).peakMebibytes),
      ]),
    ]),
  );
  const goals = [
    ['S3 ÷ folder, seconds', ratio(stored, local, ({ seconds }) => seconds), GOALS.time],
    ['S3 ÷ folder, peak memory', ratio(stored, local, ({ peakMebibytes }) => peakMebibytes), GOALS.memory],
    ['nothing changed ÷ build, from S3', ratio(unchanged, stored, ({ seconds }) => seconds), GOALS.unchanged],
  ] as const;
  printGoals(goals);
}

/** The median of the rounds' ratios. */
function ratio(one: readonly Measured[], other: readonly Measured[], value: (measured: Measured) => number): number {
  const ratios = one.map((measured, round) => value(measured) / value(other[round] ?? measured));
  return median(ratios, (each) => each);
}

void main();
