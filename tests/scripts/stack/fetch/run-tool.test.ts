import { silentProgress } from '../../../../scripts/stack/progress';
import { runTool } from '../../../../scripts/stack/fetch/run-tool';

const run = (script: string, onLine: (line: string) => void = () => undefined): Promise<void> =>
  runTool({ command: 'sh', args: ['-c', script], purpose: 'fetching it', step: silentProgress.step('it'), onLine });

test('lines of both outputs arrive one by one', async () => {
  const lines: string[] = [];
  await run('echo one; echo two >&2', (line) => lines.push(line));
  expect(lines.sort()).toEqual(['one', 'two']);
});

test('a failure carries the purpose, the exit code and the errors of the output', async () => {
  await expect(run('echo fine; echo "[ERROR] no such artifact"; exit 3')).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    what: expect.stringMatching(/fetching it failed: sh ended with 3\n\[ERROR\] no such artifact$/) as string,
  });
});
