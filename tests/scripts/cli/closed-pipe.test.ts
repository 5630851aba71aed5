import { openSync } from 'node:fs';
import { scratchFolder } from '../../engines/scratch';
import { endOf, startDaybreak } from './run-daybreak';

/** What a shell reports of a program that SIGPIPE ended. */
const CLOSED_PIPE = 141;
const root = scratchFolder();

const shown = [
  '--help',
  'batch --help',
  'batch rows --help',
  '--version',
  'status --json',
  'status --json --watch',
  'report --json',
  'pipeline check pipelines/events',
  'pipeline check pipelines/events --json',
];

it.each(shown)('%s ends quietly if nobody reads its output', async (line) => {
  const child = startDaybreak(line.split(' '), { DAYBREAK_DATA: root });
  child.stdout?.destroy();
  expect(await endOf(child)).toEqual({ code: CLOSED_PIPE, stdout: '', stderr: '' });
});

it.each(['status --jsn', 'dlq list', 'pipeline check nowhere'])('%s ends if nobody reads its errors', async (line) => {
  const child = startDaybreak(line.split(' '));
  child.stderr?.destroy();
  expect(await endOf(child)).toMatchObject({ code: CLOSED_PIPE, stdout: '' });
});

it('says why the output cannot be written elsewhere', async () => {
  const full = openSync('/dev/full', 'w');
  const { code, stderr } = await endOf(startDaybreak(['--help'], {}, ['ignore', full, 'pipe']));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^OUTPUT_FAILED standard output cannot be written: .*ENOSPC/);
  expect(stderr).not.toContain('    at ');
});
