import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../../scripts/stack/lock';
import { silentProgress, type Progress } from '../../../scripts/stack/progress';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'daybreak-lock-'))));
afterAll(() => rm(folder, { recursive: true }));

it('fails with LOCKED and the path where its lock is lost during the work, also where the work goes on', async () => {
  const path = join(folder, 'lost');
  const command = withLock(path, async () => {
    await rm(`${path}.lock`, { recursive: true });
    await new Promise(() => undefined);
  });
  await expect(command).rejects.toMatchObject({
    code: 'LOCKED',
    what: expect.stringContaining(`${path}.lock`) as string,
  });
});

it('waits its turn, and leaves the lock free', async () => {
  const path = join(folder, 'turn');
  const files = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.startsWith('turn'));
  const order: string[] = [];
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const one = withLock(path, async () => {
    begin();
    await new Promise((resolve) => setTimeout(resolve, 300));
    order.push('one');
  });
  await begun;
  expect(await files()).toEqual(['turn.lock', 'turn.owner']);
  await withLock(path, () => Promise.resolve(order.push('two')));
  await one;
  expect(await withLock(path, () => Promise.resolve(order))).toEqual(['one', 'two']);
  expect(await files()).toEqual([]);
});

it('shows which process it waits for', async () => {
  const path = join(folder, 'shown');
  const shown: string[] = [];
  let waiting = (): void => undefined;
  const waited = new Promise<void>((resolve) => (waiting = resolve));
  const progress: Progress = {
    ...silentProgress,
    step: (title) => ({
      update: (text) => {
        shown.push(`${title}: ${text}`);
        waiting();
      },
      done: (text) => shown.push(`${title}: ${text}`),
      fail: () => undefined,
    }),
  };
  let second: Promise<void> | undefined;
  await withLock(path, async () => {
    second = withLock(path, () => Promise.resolve(), { title: 'Servers', progress });
    await waited;
  });
  await second;
  expect(shown[0]).toMatch(new RegExp(`^Servers: waiting for .* \\(process ${process.pid}\\)$`));
  expect(shown.at(-1)).toBe('Servers: free now');
});

it('ends its wait when it is told to, without the work', async () => {
  const path = join(folder, 'told');
  const ending = new AbortController();
  let worked = false;
  await withLock(path, async () => {
    const shown = { title: 'Servers', progress: silentProgress, signal: ending.signal };
    const second = withLock(path, () => Promise.resolve((worked = true)), shown);
    ending.abort();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
  });
  expect(worked).toBe(false);
});

it('works also where it cannot write who works', async () => {
  const path = join(folder, 'unwritable');
  await mkdir(`${path}.owner`);
  expect(await withLock(path, () => Promise.resolve('done'))).toBe('done');
});
