import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classArchiveOptions, keepClassArchive } from '../../../../scripts/stack/fetch/class-archive';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybreak-classes-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('the archive that the first run of a server leaves is used by the next', async () => {
  const jars = join(folder, 'jars 1');
  const [first] = await classArchiveOptions('java', jars, 'kafka');
  expect(first).toMatch(/^-XX:ArchiveClassesAtExit=.*-part$/);
  const part = first!.split('=')[1]!;
  writeFileSync(part, 'classes');
  await keepClassArchive(`java ${first!} -cp x Main`);
  expect(existsSync(part)).toBe(false);
  const [second] = await classArchiveOptions('java', jars, 'kafka');
  expect(second).toMatch(/^-XX:SharedArchiveFile=.*\.jsa$/);
});

test('a server that left no archive is no failure', async () => {
  const [first] = await classArchiveOptions('java', join(folder, 'jars'), 'kafka');
  await expect(keepClassArchive(`java ${first!} -cp x Main`)).resolves.toBeUndefined();
});
