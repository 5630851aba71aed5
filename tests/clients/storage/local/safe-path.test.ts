import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderWithin } from '../../../../clients/storage/local/safe-path';
import { scratchFolder } from '../../../engines/scratch';

const scratch = scratchFolder();
const file = join(scratch, 'a-file');
beforeAll(() => writeFile(file, ''));

it.each([
  ['that is a file', file, 'events'],
  ['in which a file has the name of a folder', scratch, 'a-file'],
])('says that a data folder %s cannot be used', async (_, root, name) => {
  const place = join(root, name, ...(root === file ? [] : ['output']));
  await expect(folderWithin(root, name, 'output')).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    what: expect.stringMatching(new RegExp(`^${place} cannot be used: .*ENOTDIR`)) as string,
  });
});

it('takes a folder that is not there yet', async () => {
  expect(await folderWithin(scratch, 'events', 'output')).toBe(join(scratch, 'events', 'output'));
});
