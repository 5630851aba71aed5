import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStorage } from '../../../../clients/storage';
import { conformance } from '../conformance';

const root = mkdtempSync(join(tmpdir(), 'daybreak-storage-'));
afterAll(() => rm(root, { recursive: true, force: true }));

describe('a local folder', () => {
  conformance(() => ({
    many: 1_100,
    open: () => openStorage({ kind: 'local', folder: root }),
    async unfinished(folder) {
      const names = await readdir(join(root, folder), { recursive: true }).catch(() => []);
      return names.filter((name) => name.includes('.daybreak-'));
    },
    async makeFolder(folder) {
      await mkdir(join(root, folder), { recursive: true });
    },
    async leaveUnfinished(folder) {
      await mkdir(join(root, folder), { recursive: true });
      await writeFile(join(root, folder, '.daybreak-killed.part'), 'half');
    },
  }));
});
