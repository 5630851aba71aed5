// node --import tsx bench/soak/page.ts: takes the last run of this machine as the record, run.ndjson, with its figures in
// docs/robustness.md and its plots in docs/soak.svg.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { PAGE } from '../torture/report';
import { fromLines, PLOTS_FILE, RECORD_FILE, RUN_FILE, RUN_PLOTS_FILE, withSoak } from './report';

async function main(): Promise<void> {
  await copyFile(RUN_FILE, RECORD_FILE);
  await copyFile(RUN_PLOTS_FILE, PLOTS_FILE);
  const record = fromLines(await readFile(RECORD_FILE, 'utf8'));
  await writeFile(PAGE, withSoak(await readFile(PAGE, 'utf8'), record));
}

void main();
