import { mkdir, writeFile } from 'node:fs/promises';
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

it('knows whether the pipeline changed since the first batch, also of files that do not say it', async () => {
  const folder = join(root, 'versions');
  await mkdir(folder);
  const day = {
    hours: [],
    counts: { read: 0, kept: 0, duplicates: 0, quarantined: 0, outsideDay: 0 },
    realtime: [{ hour: '00', rows: 1, distinct: 1, written: 1 }],
    ...{ version: 'v', taskId: 't' },
  };
  const stored = {
    '2026-11-19': day,
    '2026-11-20': { ...day, pipelineVersion: 'a', realtimePipelineVersion: 'a' },
    '2026-11-21': { ...day, pipelineVersion: 'b', realtimePipelineVersion: 'a' },
  };
  for (const [date, text] of Object.entries(stored)) {
    await writeFile(join(folder, `${date}.json`), JSON.stringify(text));
  }
  const days = await storedDays(folder, Object.keys(stored).map(parseBusinessDate));
  expect([...days].map(([date, { reconciled }]) => [date, reconciled?.lateUnknown]).sort()).toEqual([
    ['2026-11-19', undefined],
    ['2026-11-20', undefined],
    ['2026-11-21', true],
  ]);
});
