// node --import tsx bench/batch/hot-hour.ts: what the build of a day costs if one hour has most of its records, and if the
// day is one file, beside the same number of records in hours of equal size. DAYBREAK_BENCH_ROWS (default 20000000) sets
// the size of the days, DAYBREAK_BENCH_ROUNDS (default 3, odd) how often they are built, in turn. Linux only.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { print } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { cacheFolder } from '../../scripts/stack/fetch/cache';
import { buildCommand, buildCommandWith } from './build-command';
import { MEASURED_HEADS, measuredCells, medianRatio, middle, printGoals } from './figures';
import { dayInOneFile, hotDay, largeDay } from './generate';
import { measureInTurn } from './in-turn';

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
  const measured = await measureInTurn(days, { output, rounds: ROUNDS });
  print(
    table([
      [`${ROWS.toLocaleString('en-US')} rows`, ...MEASURED_HEADS],
      ...measured.map((rounds) => measuredCells(middle(rounds))),
    ]),
  );
  printGoals(
    days.flatMap(({ name, atMost }, day) =>
      atMost === undefined
        ? []
        : [[`${name} ÷ equal hours`, medianRatio(measured[day] ?? [], measured[0] ?? []), atMost] as const],
    ),
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
