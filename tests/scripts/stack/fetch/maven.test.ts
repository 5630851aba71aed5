import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLock, verifyJars } from '../../../../scripts/stack/fetch/maven';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybreak-jars-'));
  writeFileSync(join(folder, 'a.jar'), 'A');
  writeFileSync(join(folder, 'b.jar'), 'B');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('exactly the jars of the lock pass', async () => {
  const locked = new Map([
    ['a.jar', sha256('A')],
    ['b.jar', sha256('B')],
  ]);
  await expect(verifyJars('kafka', folder, locked)).resolves.toBeUndefined();
});

test.each([
  [
    'a changed jar',
    [
      ['a.jar', sha256('A')],
      ['b.jar', sha256('b')],
    ],
    'b.jar has SHA-256',
  ],
  ['a jar too many', [['a.jar', sha256('A')]], 'b.jar is not in the lock'],
  [
    'a jar too few',
    [
      ['a.jar', sha256('A')],
      ['b.jar', sha256('B')],
      ['c.jar', ''],
    ],
    'c.jar is missing',
  ],
] as const)('%s is refused', async (_, locked, reason) => {
  await expect(verifyJars('kafka', folder, new Map(locked))).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    what: expect.stringContaining(reason) as string,
  });
});

test.each(['kafka', 'druid', 'hadoop'])('the lock of %s names every jar with its hash', async (name) => {
  const locked = await readLock(name);
  expect(locked.size).toBeGreaterThan(10);
  for (const [jar, hash] of locked) expect(`${jar} ${hash}`).toMatch(/^[\w.+-]+\.jar [0-9a-f]{64}$/);
});
