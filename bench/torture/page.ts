// node --import tsx bench/torture/page.ts: takes the rounds that this machine has run into the record, rounds.ndjson, and writes
// the figures of all its rounds to docs/robustness.md.
import { readFile, writeFile } from 'node:fs/promises';
import { hasCode } from '../../domain/errors';
import { extended, RECORD_FILE, ROUNDS_FILE, roundsOf } from './record';
import { PAGE, withFigures } from './report';

async function main(): Promise<void> {
  const record = extended(await textOf(RECORD_FILE), await textOf(ROUNDS_FILE));
  await writeFile(RECORD_FILE, record);
  await writeFile(PAGE, withFigures(await readFile(PAGE, 'utf8'), roundsOf(record)));
}

/** Empty if there is no such file. */
const textOf = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((thrown: unknown) => {
    if (hasCode(thrown, 'ENOENT')) return '';
    throw thrown;
  });

void main();
