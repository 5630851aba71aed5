import { readFile } from 'node:fs/promises';
import { runDaybreak } from './run-daybreak';

it.each(['--version', '-V'])('%s prints the version of package.json', async (flag) => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect(await runDaybreak([flag])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

it('leaves the --version of a command to that command', async () => {
  const { code, stderr } = await runDaybreak(['batch', 'restore', '--date', '2026-11-21', '--version', 'v1']);
  expect(code).toBe(1);
  expect(stderr).toContain('TEMPORAL_UNREACHABLE');
});
