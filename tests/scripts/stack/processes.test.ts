import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runningPid, startProcess, stopProcess } from '../../../scripts/stack/processes';
import { stackOf, type Server } from '../../../scripts/stack/stack';
import { scratchFolder } from '../../engines/scratch';

const root = scratchFolder();
const stack = stackOf({ directory: root });
const server = { name: 'kafka', mark: '7654.321', stopSeconds: 5 } as Server;

it('waits for a process that is not yet the server', async () => {
  const mark = join(root, 'mark');
  // The shell's own command line lacks the mark. That of what it becomes has it.
  await startProcess(stack, server, {
    command: '/bin/sh',
    args: ['-c', `sleep 1; exec sleep $(cat ${mark})`],
    cwd: root,
  });
  await writeFile(mark, server.mark);
  const pid = await runningPid(stack, server);
  expect(pid).toBeGreaterThan(0);
  expect(await stopProcess(stack, server)).toBe('stopped');
});

it('knows at once that the process has ended', async () => {
  await mkdir(join(root, 'run'), { recursive: true });
  await startProcess(stack, server, { command: '/bin/true', args: [], cwd: root });
  while ((await runningPid(stack, server)) !== undefined);
  expect(await runningPid(stack, server)).toBeUndefined();
});

it('needs no ps, which a small Linux lacks', async () => {
  const path = process.env['PATH'];
  const sleeps = { command: '/bin/sleep', args: [server.mark], cwd: root };
  process.env['PATH'] = '';
  try {
    await startProcess(stack, server, sleeps);
    expect(await runningPid(stack, server)).toBeGreaterThan(0);
    expect(await stopProcess(stack, server)).toBe('stopped');
    expect(await runningPid(stack, server)).toBeUndefined();
  } finally {
    process.env['PATH'] = path;
  }
});
