import { join } from 'node:path';
import { withInput } from '../../../engines/input/input-files';
import { newestDay } from '../../../engines/input/newest-day';
import { loadExample, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
/** In Seoul it is the next morning. */
const NOW = new Date('2026-11-22T16:00:00Z');

async function newest(files: Readonly<Record<string, string>>, folder: string): Promise<string> {
  const { pipeline } = await loadExample('events');
  await writeFiles(join(root, folder), files);
  const options = { scratch: join(root, 'scratch') };
  return withInput(join(root, folder), options, async (place) => (await newestDay(place, pipeline, NOW)).date);
}

it('is the latest local day with files, also today, and no later one', async () => {
  const files = { 'names.20261120.23.json': '', 'names.20261123.00.json': '', 'names.20261124.00.json': '' };
  expect(await newest(files, 'today')).toBe('2026-11-23');
});

it('is an earlier one where later ones have none, also if a neighbouring hour has', async () => {
  expect(await newest({ 'names.20261119.23.json': '', 'notes.txt': '' }, 'earlier')).toBe('2026-11-19');
});

it('is also one of last year', async () => {
  expect(await newest({ 'names.20260101.00.json': '', 'names.20251231.05.json.gz': '' }, 'old')).toBe('2026-01-01');
});

it('is refused where no day has files, with what to do', async () => {
  await expect(newest({ 'names.20240101.00.json': '', 'notes.txt': '' }, 'none')).rejects.toMatchObject({
    code: 'NO_INPUT',
    what: expect.stringContaining('400 days up to 2026-11-23') as string,
    remedy: expect.stringContaining('--date') as string,
  });
});
