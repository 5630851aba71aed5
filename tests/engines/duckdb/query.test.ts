import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

it('runs statements of a thread on that thread, so that no number of cores waits for libuv’s pool', () => {
  const looks = execFileSync(process.execPath, [join(__dirname, 'one-pool-thread.mjs')], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    encoding: 'utf8',
  });
  expect(Number(looks)).toBeGreaterThan(1_000);
});
