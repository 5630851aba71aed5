import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withFileLock } from '../../../../clients/storage/local/file-lock';
import { localOutput } from '../../../../engines/versions/local/local-output';
import { DAY, scratchFolder } from '../../scratch';
import { dayOutputSuite } from '../day-output-suite';

const root = scratchFolder();

dayOutputSuite(async () => {
  const folder = join(root, randomUUID());
  await mkdir(folder);
  return localOutput(await realpath(folder), DAY);
});

it('restores no version that a build removes as old while the restore waits for its turn', async () => {
  const folder = join(root, randomUUID());
  const versions = join(folder, '.versions', DAY);
  const version = '0123456789abcdef';
  await mkdir(join(versions, version), { recursive: true });
  const output = localOutput(await realpath(folder), DAY);
  const never = (): never => {
    throw new Error('the lock is free');
  };
  let restored: Promise<void> | undefined;
  await withFileLock(await realpath(versions), { stale: 10_000, busy: never, lost: never }, async () => {
    restored = output.republish(version);
    restored.catch(() => undefined);
    await sleep(200);
    await rm(join(versions, version), { recursive: true });
  });
  await expect(restored).rejects.toMatchObject({ code: 'NOT_BUILT' });
});
