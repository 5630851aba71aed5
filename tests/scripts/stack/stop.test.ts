import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { STACK_FOLDERS } from '../../../scripts/stack/stack';
import { stopStack } from '../../../scripts/stack/stop';
import { scratchFolder, writeFiles } from '../../engines/scratch';
import { endOf, startDaybreak } from '../cli/run-daybreak';

const root = scratchFolder();
const ofStack = Object.fromEntries(STACK_FOLDERS.map((name) => [`${name}/data`, 'x']));

it('wipes what a stack has written, and no other file of the folder that it was given', async () => {
  const directory = join(root, 'shared');
  await writeFiles(directory, { ...ofStack, 'src/of-somebody.ts': 'x', '.env': 'x' });
  await stopStack({ directory, wipe: true });
  expect((await readdir(directory)).sort()).toEqual(['.env', 'src']);
});

it('wipes the whole folder of a stack that has no other files', async () => {
  const directory = join(root, 'own');
  await writeFiles(directory, ofStack);
  await stopStack({ directory, wipe: true });
  expect(existsSync(directory)).toBe(false);
});

it('refuses an empty DAYBREAK_STACK, which would be the current folder', async () => {
  const folder = join(root, 'current');
  await writeFiles(folder, { 'log/of-somebody.txt': 'x' });
  // Not from the folder of this checkout.
  const down = startDaybreak(['down', '--wipe'], { DAYBREAK_STACK: '' }, undefined, folder);
  const { code, stderr } = await endOf(down);
  expect(stderr).toMatch(/^BAD_CONFIGURATION the environment variable DAYBREAK_STACK is '': it must not be empty\.\n/);
  expect(code).toBe(2);
  expect(existsSync(join(folder, 'log/of-somebody.txt'))).toBe(true);
});
