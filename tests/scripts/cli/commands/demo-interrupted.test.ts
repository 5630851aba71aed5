import { once } from 'node:events';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../../../scripts/stack/lock';
import { scratchFolder } from '../../../engines/scratch';
import { endOf, startDaybreak } from '../run-daybreak';

const root = scratchFolder();

it('stops its servers when its terminal is closed, for which it can get SIGHUP twice', async () => {
  const stack = join(root, '.daybreak/demo/stack');
  await mkdir(stack, { recursive: true });
  await cp('pipelines/events', join(root, 'pipelines/events'), { recursive: true });
  const { end: ended } = await withLock(stack, async () => {
    // It waits for the lock, so it starts no server.
    const child = startDaybreak(['demo', '--once'], {}, ['ignore', 'ignore', 'pipe'], root);
    const end = endOf(child);
    if (child.stderr !== null) await once(child.stderr, 'data');
    for (const signal of ['SIGHUP', 'SIGHUP'] as const) {
      child.kill(signal);
      await sleep(200);
    }
    return { end };
  });
  const { code, stderr } = await ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/\nCANCELLED the demo got SIGHUP\.\n.*\n\n── Stopping\n/);
});
