import { existsSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withScratch } from '../../../../clients/storage/local/scratch-folder';
import { scratchFolder } from '../../../engines/scratch';

const parent = scratchFolder();
const root = join(parent, 'scratch');

it('gives a folder of its own and removes it, also where the work fails', async () => {
  let seen = '';
  const write = (folder: string): Promise<void> => writeFile(join((seen = folder), '07.ndjson'), '{}');
  await withScratch(root, 'proof-2026-11-21', write);
  expect(seen.startsWith(join(root, 'proof-2026-11-21.'))).toBe(true);
  expect(existsSync(seen)).toBe(false);
  const failing = (folder: string): Promise<void> => write(folder).then(() => Promise.reject(new Error('a failure')));
  await expect(withScratch(root, 'proof-2026-11-21', failing)).rejects.toThrow('a failure');
  expect(await readdir(root)).toEqual([]);
});

it('removes what a killed worker left of the same purpose, and what nobody has touched for a day, and nothing else', async () => {
  for (const left of ['proof-2026-11-21.a', 'proof-2026-11-22.b', 'gate-2026-11-21.c', 'gate-2026-10-01.d']) {
    await mkdir(join(root, left), { recursive: true });
    await writeFile(join(root, left, '07.ndjson'), 'a row');
  }
  const before = new Date(Date.now() - 25 * 3_600_000);
  await utimes(join(root, 'gate-2026-10-01.d'), before, before);
  await withScratch(root, 'proof-2026-11-21', () => Promise.resolve());
  expect((await readdir(root)).sort()).toEqual(['gate-2026-11-21.c', 'proof-2026-11-22.b']);
});

it('says where there is no room, and how much is wanted', async () => {
  // A device that has no room for anything.
  await expect(withScratch(root, 'gate-2026-11-21', () => writeFile('/dev/full', 'a row'))).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    what: expect.stringMatching(
      /^the scratch folder .*scratch\/gate-2026-11-21\..* cannot be written: .*ENOSPC/,
    ) as string,
    remedy: expect.stringContaining('hundred megabytes') as string,
  });
});
