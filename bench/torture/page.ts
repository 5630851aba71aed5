// node --import tsx bench/torture/page.ts: writes the figures of all rounds that this machine has run to docs/robustness.md.
import { readFile, writeFile } from 'node:fs/promises';
import { PAGE, ROUNDS_FILE, withFigures, type StoredRound } from './report';

async function main(): Promise<void> {
  const lines = (await readFile(ROUNDS_FILE, 'utf8')).trimEnd().split('\n');
  const rounds = lines.map((line) => JSON.parse(line) as StoredRound);
  await writeFile(PAGE, withFigures(await readFile(PAGE, 'utf8'), rounds));
}

void main();
