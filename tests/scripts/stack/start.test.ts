import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runningPid, stopProcess } from '../../../scripts/stack/processes';
import { silentProgress } from '../../../scripts/stack/progress';
import { type Server, stackOf } from '../../../scripts/stack/stack';
import { orReasonOf, startServer } from '../../../scripts/stack/start';
import { scratchFolder } from '../../engines/scratch';

const root = scratchFolder();
const stack = stackOf({ portBase: 20_000, directory: join(root, 'stack') });
/** It never answers. */
const server: Server = {
  name: 'temporal',
  title: 'Temporal',
  port: 20_000,
  otherPorts: [],
  url: '',
  after: [],
  stopSeconds: 5,
  mark: join(root, 'mark'),
  prepare: () => Promise.resolve(),
  launch: () =>
    Promise.resolve({
      command: process.execPath,
      args: ['-e', 'setInterval(() => {}, 1e3)', join(root, 'mark')],
      cwd: root,
    }),
  check: () => Promise.reject(new Error('it does not answer')),
};
const step = silentProgress.step('');

beforeAll(() => mkdir(stack.directory));

it('ends its wait for a server with the reason of the signal, and leaves the server', async () => {
  const stop = new AbortController();
  const started = startServer(stack, server, step, stop.signal);
  setTimeout(() => {
    stop.abort(new Error('Ctrl-C'));
  }, 500);
  await expect(started).rejects.toThrow('Ctrl-C');
  expect(await runningPid(stack, server)).toBeGreaterThan(0);
  expect(await stopProcess(stack, server)).toBe('stopped');
});

it('gives the reason of the signal also if a tool ended with it', async () => {
  const stop = new AbortController();
  const fetched = orReasonOf(stop.signal, () => {
    stop.abort(new Error('Ctrl-C'));
    return Promise.reject(new Error('the tool was killed'));
  });
  await expect(fetched).rejects.toThrow('Ctrl-C');
});
