import { createHash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bufferFor } from '../../../engines/input/buffer-for';
import { hashFile } from '../../../engines/input/hash-file';
import { scratchFolder } from '../scratch';

const root = scratchFolder();
const MOST = 4 * 1024 * 1024;

async function sizeFor(bytes: number): Promise<number> {
  const path = join(root, `file-${bytes}`);
  await writeFile(path, Buffer.alloc(bytes, 'x'));
  const file = await open(path);
  try {
    return (await bufferFor(file, MOST)).length;
  } finally {
    await file.close();
  }
}

it('is as large as the file, within limits', async () => {
  expect(await sizeFor(0)).toBe(65_536);
  expect(await sizeFor(200_000)).toBe(200_000);
  expect(await sizeFor(MOST + 1)).toBe(MOST);
});

it.each([0, 65_535, 65_537, 200_000, MOST, 2 * MOST + 1])('reads %i bytes to their end', async (bytes) => {
  const content = Buffer.alloc(bytes, 'daybreak');
  const path = join(root, `whole-${bytes}`);
  await writeFile(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  expect(await hashFile(path)).toEqual({ bytes, sha256 });
});
