import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkOutput } from '../../../engines/versions/check-output';
import type { Pipeline } from '../../../domain/pipeline';
import { loadExample, scratchFolder } from '../scratch';

const root = scratchFolder();
let pipeline: Pipeline;
beforeAll(async () => ({ pipeline } = await loadExample('events')));

it('writes into the output folder, and leaves nothing there', async () => {
  const data = join(root, 'there');
  const place = join(data, 'events', 'output');
  await mkdir(place, { recursive: true });
  expect(await checkOutput(data, pipeline)).toEqual({ of: 'output', place, can: ['write'] });
  expect(await readdir(place)).toEqual([]);
});

it('makes no folder: it would not belong to the worker', async () => {
  expect(await checkOutput(join(root, 'not', 'yet'), pipeline)).toMatchObject({ can: ['write'] });
  expect(await readdir(root)).not.toContain('not');
});

it.each(['events', join('events', 'output')])('names a file in the place of the folder %s', async (name) => {
  const data = join(root, `file-${name.replace('/', '-')}`);
  await mkdir(join(data, name, '..'), { recursive: true });
  await writeFile(join(data, name), '');
  expect(await checkOutput(data, pipeline)).toMatchObject({
    can: [],
    failure: {
      code: 'OUTPUT_FAILED',
      what: `${join(data, name)} is a file, where the output needs a folder`,
      remedy: expect.stringContaining(`mv '${join(data, name)}'`) as string,
    },
  });
});

const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
(mayMount ? it : it.skip).each(['output', '.'])(
  'names a file system that cannot be written, mounted at %s',
  async (at) => {
    const data = join(root, `read-only-${at.length}`);
    const mounted = join(data, 'events', at);
    await mkdir(mounted, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', mounted]);
    try {
      expect(await checkOutput(data, pipeline)).toMatchObject({
        can: [],
        failure: {
          code: 'OUTPUT_FAILED',
          what: expect.stringContaining('EROFS') as string,
          remedy: expect.stringContaining('Make the folder writable') as string,
        },
      });
    } finally {
      execFileSync('umount', [mounted]);
    }
  },
);

it('follows no link out of the data folder', async () => {
  const data = join(root, 'linked');
  await mkdir(join(data, 'events'), { recursive: true });
  await symlink(root, join(data, 'events', 'output'));
  expect(await checkOutput(data, pipeline)).toMatchObject({ failure: { code: 'OUTPUT_FAILED' } });
});
