// node --import tsx bench/batch/nested.ts [polars]: the build of a day of nested events, by the pipeline clicks, beside one
// statement of DuckDB, which checks nothing, and beside Polars. DAYBREAK_BENCH_ROWS (default 1000000) sets the size of the
// day, DAYBREAK_BENCH_ROUNDS (default 3, odd) how often each builds it, in turn. Linux only.
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { countLineFeeds } from '../../engines/input/framing/line-feeds';
import { print } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { cacheFolder } from '../../scripts/stack/fetch/cache';
import { buildCommandWith } from './build-command';
import { MEASURED_HEADS, measuredCells, medianRatio, middle } from './figures';
import { nestedDay } from './generate';
import { measureInTurn } from './in-turn';
import { pythonEnvironment } from './python-environment';

const ROWS = Number(process.env['DAYBREAK_BENCH_ROWS'] ?? 1_000_000);
const ROUNDS = Number(process.env['DAYBREAK_BENCH_ROUNDS'] ?? 3);
const PIPELINE = 'pipelines/clicks';
const work = join(cacheFolder(), 'bench-batch');

async function main(): Promise<void> {
  const day = await nestedDay(work, ROWS);
  const output = join(work, 'nested');
  const contenders = [
    { name: 'Daybreak, every check', command: buildCommandWith(PIPELINE, day, output) },
    {
      name: 'DuckDB, one statement, no check',
      command: [process.execPath, '--import', 'tsx', 'bench/batch/nested-statement.ts', day, PIPELINE, output],
    },
  ];
  if (process.argv.length === 2 || process.argv.includes('polars')) {
    const python = join(await pythonEnvironment(), 'bin', 'python');
    const command = [python, 'bench/batch/python/polars_nested_day.py', day, PIPELINE, output];
    contenders.push({ name: 'Polars', command });
  }
  const rows = new Set<number>();
  const onOutput = async (name: string): Promise<void> => {
    rows.add(await rowsIn(output));
    if (rows.size > 1) throw new Error(`${name} wrote another number of rows: ${[...rows].join(', ')}`);
  };
  const measured = await measureInTurn(contenders, { output, rounds: ROUNDS, onOutput });
  print(
    table([
      [`${ROWS.toLocaleString('en-US')} nested events`, ...MEASURED_HEADS, 'Daybreak takes'],
      ...measured.map((own) => [...measuredCells(middle(own)), medianRatio(measured[0] ?? [], own).toFixed(3)]),
    ]),
  );
}

/** In a file, or in the hours of a day's build. */
async function rowsIn(output: string): Promise<number> {
  const day = join(output, '2026-11-21');
  const hours = existsSync(day) ? readdirSync(day).filter((name) => /^\d\d\.ndjson$/.test(name)) : [];
  let rows = 0;
  for (const path of hours.length === 0 ? [output] : hours.map((name) => join(day, name))) {
    for await (const bytes of createReadStream(path)) rows += countLineFeeds(bytes as Buffer);
  }
  return rows;
}

void main();
