// node --import tsx bench/batch/hot-hour.ts: what the build of a day costs if one hour has most of its records, and if the
// day is one file, beside the same number of records in hours of equal size. DAYBREAK_BENCH_ROWS (default 20000000) sets
// the size of the days, DAYBREAK_BENCH_ROUNDS (default 3, odd) how often they are built, in turn. Linux only.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { print, progress } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { cacheFolder } from '../../scripts/stack/fetch/cache';
import { buildCommand, buildCommandWith } from './build-command';
import { MEASURED_HEADS, measuredCells, median, middle, printGoals } from './figures';
import { dayInOneFile, hotDay, largeDay } from './generate';
import { measure, type Measured } from './measure';

const ROWS = Number(process.env['DAYBREAK_BENCH_ROWS'] ?? 20_000_000);
const ROUNDS = Number(process.env['DAYBREAK_BENCH_ROUNDS'] ?? 3);
const work = join(cacheFolder(), 'bench-batch');

async function main(): Promise<void> {
  const even = await largeDay(work, ROWS);
  const output = join(work, 'hot-hour');
  const days = [
    { name: 'hours of equal size', command: buildCommand(even, output) },
    { name: 'one hour has 60 %', command: buildCommand(await hotDay(work, ROWS), output), atMost: 1.25 },
    {
      name: 'the day is one file',
      command: buildCommandWith(pipelineByDay(), await dayInOneFile(work, even), output),
      atMost: 3,
    },
  ];
  const rounds: Measured[][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const measured: Measured[] = [];
    for (const { name, command } of days) {
      rmSync(output, { recursive: true, force: true });
      const one = await measure(name, command);
      progress(`${name}: ${one.seconds} s, ${one.cpuSeconds} CPU s, ${one.peakMebibytes} MiB`);
      measured.push(one);
    }
    rounds.push(measured);
  }
  rmSync(output, { recursive: true, force: true });
  const of = (day: number): Measured[] => rounds.flatMap((round) => round[day] ?? []);
  print(
    table([
      [`${ROWS.toLocaleString('en-US')} rows`, ...MEASURED_HEADS],
      ...days.map((_, day) => measuredCells(middle(of(day)))),
    ]),
  );
  printGoals(
    days.flatMap(({ name, atMost }, day) => {
      if (atMost === undefined) return [];
      const ratios = rounds.map((round) => (round[day]?.seconds ?? NaN) / (round[0]?.seconds ?? NaN));
      return [[`${name} ÷ equal hours`, median(ratios, (ratio) => ratio), atMost] as const];
    }),
  );
}

/** The example pipeline, whose files are then of a day. Returns its folder. */
function pipelineByDay(): string {
  const folder = join(work, 'events-by-day', 'events');
  cpSync('pipelines/events', folder, { recursive: true });
  const path = join(folder, 'pipeline.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace('names.%Y%m%d.%H*.json', 'names.%Y%m%d.json'));
  return folder;
}

void main();
