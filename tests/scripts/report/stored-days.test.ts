import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBusinessDate } from '../../../domain/business-date';
import { storedDays } from '../../../scripts/report/stored-days';
import { scratchFolder } from '../../engines/scratch';

const root = scratchFolder();

it('says which folder the file system refuses', async () => {
  const folder = join(root, 'reconciliation');
  await writeFile(folder, 'a file in the place of the folder');
  await expect(storedDays(folder, [parseBusinessDate('2026-11-21')])).rejects.toMatchObject({
    code: 'STORAGE_REFUSED',
    what: expect.stringContaining(folder) as string,
  });
});
