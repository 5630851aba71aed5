import { join } from 'node:path';
import { openStorage } from '../../../clients/storage';
import { listInput } from '../../../engines/input/input-files';
import { withStoredInput } from '../../../engines/input/stored-files';
import { DAY, loadExample, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();

it('reports the bytes of each object that it copies, once, and none of those that it only lists', async () => {
  const folder = join(root, 'bucket');
  await writeFiles(folder, { 'names.20261121.07.json': 'x'.repeat(700_000), 'names.20261121.08.json': 'not copied' });
  const { pipeline } = await loadExample('events');
  const fetched: number[] = [];
  const options = { scratch: join(root, 'copies'), onFetched: (bytes: number) => fetched.push(bytes) };
  await withStoredInput(await openStorage({ kind: 'local', folder }), options, async (place) => {
    const { own } = await listInput(place, pipeline, DAY);
    expect(fetched).toEqual([]);
    await Promise.all([own[0]?.fetch?.(), own[0]?.fetch?.()]);
  });
  expect(fetched.length).toBeGreaterThan(1);
  expect(fetched.reduce((sum, bytes) => sum + bytes)).toBe(700_000);
});
