import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DaybreakError } from '../../../../domain/errors';
import { withFileLock } from '../../../../clients/storage/local/file-lock';
import { scratchFolder } from '../../../engines/scratch';

const root = scratchFolder();
const error = (what: string): DaybreakError => new DaybreakError('BUILD_BUSY', { what, remedy: 'Build again.' });
const OPTIONS = { stale: 2_000, busy: () => error('busy'), lost: () => error('lost') };

it('says that the lock is busy, or that it was lost: then the work hears of it, and the lock of the next is not removed', async () => {
  const path = join(root, 'day');
  let lost = false;
  const first = withFileLock(path, OPTIONS, async (signal) => {
    await expect(withFileLock(path, OPTIONS, () => Promise.resolve())).rejects.toMatchObject({ what: 'busy' });
    signal.addEventListener('abort', () => (lost = true));
    // A rival does this if it considers this process dead.
    await rm(`${path}.lock`, { recursive: true });
    await mkdir(`${path}.lock`);
    await new Promise(() => undefined);
  });
  await expect(first).rejects.toMatchObject({ code: 'BUILD_BUSY', what: 'lost' });
  expect(lost).toBe(true);
  expect((await stat(`${path}.lock`)).isDirectory()).toBe(true);
});
