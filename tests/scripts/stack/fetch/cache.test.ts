import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, cacheFolder } from '../../../../scripts/stack/fetch/cache';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybreak-cache-'));
  process.env['DAYBREAK_CACHE'] = folder;
});

afterEach(() => {
  delete process.env['DAYBREAK_CACHE'];
  rmSync(folder, { recursive: true });
});

test.each([
  [{ DAYBREAK_CACHE: '/a' }, '/a'],
  [{ XDG_CACHE_HOME: '/b', DAYBREAK_CACHE: '' }, '/b/daybreak'],
  [{ XDG_CACHE_HOME: '/b', DAYBREAK_CACHE: '/a' }, '/a'],
])('the cache of %p is %s', (environment, expected) => {
  expect(cacheFolder(environment)).toBe(expected);
});

test('a folder is filled once and found after that', async () => {
  let fills = 0;
  const fill = (staging: string): Promise<void> => {
    fills += 1;
    writeFileSync(join(staging, 'file'), 'whole');
    return Promise.resolve();
  };
  const first = await cached('thing-1', fill);
  expect(await cached('thing-1', fill)).toBe(first);
  expect([fills, readFileSync(join(first, 'file'), 'utf8')]).toEqual([1, 'whole']);
});

test('a fill that fails leaves nothing under the name, and the next one starts from an empty folder', async () => {
  const failing = cached('thing-2', (staging) => {
    writeFileSync(join(staging, 'half'), '');
    return Promise.reject(new Error('the network is down'));
  });
  await expect(failing).rejects.toThrow('the network is down');
  expect(existsSync(join(folder, 'thing-2'))).toBe(false);
  const path = await cached('thing-2', () => Promise.resolve());
  expect(existsSync(join(path, 'half'))).toBe(false);
});

test('of two that want the same folder at once, one fills it and the other waits', async () => {
  let fills = 0;
  const fill = async (): Promise<void> => {
    fills += 1;
    await Promise.resolve();
  };
  const [one, other] = await Promise.all([cached('thing-3', fill), cached('thing-3', fill)]);
  expect([fills, one]).toEqual([1, other]);
});
