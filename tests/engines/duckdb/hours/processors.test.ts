import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { processors } from '../../../../engines/duckdb/hours/processors';
import { scratchFolder } from '../../scratch';

const scratch = scratchFolder();

/** The root of a file system with these files of control groups. */
async function rootWith(files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(scratch, randomUUID());
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, 'sys/fs/cgroup', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${text}\n`);
  }
  return root;
}

const ofVersion1 = (quota: string) => ({ 'cpu/cpu.cfs_quota_us': quota, 'cpu/cpu.cfs_period_us': '100000' });

it.each([
  ['a limit of version 2', { 'cpu.max': '100000 100000' }, 1],
  ['a part of a processor', { 'cpu.max': '50000 100000' }, 1],
  ['a limit of version 1', ofVersion1('100000'), 1],
  ['a limit above what the machine has', { 'cpu.max': '100000000 100000' }, availableParallelism()],
  ['no limit of version 2', { 'cpu.max': 'max 100000' }, availableParallelism()],
  ['no limit of version 1', ofVersion1('-1'), availableParallelism()],
  ['no control groups', {}, availableParallelism()],
  ['a file that says nothing', { 'cpu.max': '' }, availableParallelism()],
])('are for %s what the container may use', async (_, files, expected) => {
  expect(processors(await rootWith(files))).toBe(expected);
});
