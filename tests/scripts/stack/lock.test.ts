import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../../scripts/stack/lock';

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
  const order: string[] = [];
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const one = withLock(path, async () => {
    begin();
    await new Promise((resolve) => setTimeout(resolve, 300));
    order.push('one');
  });
  await begun;
  await withLock(path, () => Promise.resolve(order.push('two')));
  await one;
  expect(await withLock(path, () => Promise.resolve(order))).toEqual(['one', 'two']);
});
