// node --import tsx bench/soak/page.ts: takes the last run of this machine that was long enough as the record, run.ndjson, with its figures in
// docs/robustness.md and its plots in docs/soak.svg.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { PAGE } from '../torture/report';
import { JUDGED_MINUTES } from './measures';
import { fromLines, PLOTS_FILE, RECORD_FILE, runFiles, withSoak } from './report';

async function main(): Promise<void> {
  const { run, plots } = runFiles(JUDGED_MINUTES);
  await copyFile(run, RECORD_FILE);
  await copyFile(plots, PLOTS_FILE);
  const record = fromLines(await readFile(RECORD_FILE, 'utf8'));
  await writeFile(PAGE, withSoak(await readFile(PAGE, 'utf8'), record));
}

void main();
