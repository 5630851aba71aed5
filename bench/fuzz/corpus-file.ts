import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../domain/errors';

/** Inputs that runs kept, one a line in base64. */
const pathOf = (target: string): string => join(__dirname, 'corpus', `${target}.txt`);

export async function readCorpus(target: string): Promise<Buffer[]> {
  try {
    const text = await readFile(pathOf(target), 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Buffer.from(line, 'base64'));
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return [];
    throw thrown;
  }
}

export async function writeCorpus(target: string, inputs: readonly Buffer[]): Promise<void> {
  await writeFile(pathOf(target), inputs.map((input) => `${input.toString('base64')}\n`).join(''));
}
