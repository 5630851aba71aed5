import { join } from 'node:path';
import { DAY, event, lines, pipelineLike, scratchFolder, writeFiles } from '../../../engines/scratch';
import { runDaybreak, type Ended } from '../run-daybreak';

const root = scratchFolder();
const [pipelines, data] = [join(root, 'pipelines'), join(root, 'data')];
const output = join(data, 'events', 'output');
const environment = { DAYBREAK_PIPELINES: pipelines, DAYBREAK_DATA: data };

const at = (hour: string, id: number, hello: string): string => event(id, `2026-11-21 ${hour}:00:00`, hello);
const on = ['--pipeline', 'events', '--date', DAY];
const rows = (...options: string[]): Promise<Ended> => runDaybreak(['batch', 'rows', ...on, ...options], environment);

let built: Ended;

beforeAll(async () => {
  const checks = [
    { name: 'empty', where: "hello = ''", atMost: 1 },
    { name: 'large', where: 'user_id > 100', atMost: '50%' },
  ];
  const folder = await pipelineLike('events', pipelines, {
    'pipeline.yaml': (text) =>
      `${text}\noutput:\n  compression: gzip\ngate:\n  allowedMissingHours: 24\nchecks: ${JSON.stringify(checks)}\n`.replace(
        'gate:\n  settleSeconds: 10\n',
        '',
      ),
  });
  const input = join(root, 'input');
  await writeFiles(input, {
    'names.20261121.07.json': lines(at('07', 1, ''), at('07', 2, 'x'), at('07', 3, '')),
    'names.20261121.08.json': lines(at('08', 4, ''), at('08', 200, 'x')),
  });
  const places = ['--pipeline', folder, '--date', DAY, '--input', input, '--output', output];
  built = await runDaybreak(['batch', 'build', ...places], environment);
});

it('are counted by batch build, which says what the gate would refuse', () => {
  expect(built.stderr).toBe('');
  expect(built.stdout).toMatch(/│ empty │ +3 │ +1 │ +07: 2 │ +hello = '' │/);
  expect(built.stdout).toMatch(/│ large │ +1 │ +50% = 2 │ +08: 1 │ +user_id > 100 │/);
  expect(built.stdout).toContain('! the gate refuses this day: CHECK_FAILED: the check empty: 3 rows');
  expect(built.stdout).not.toContain('the check large');
});

it('are printed in the order of the hours, up to a limit', async () => {
  const ids = ({ stdout }: Ended): number[] =>
    stdout
      .trimEnd()
      .split('\n')
      .map((row) => (JSON.parse(row) as { user_id: number }).user_id);
  expect(ids(await rows('--check', 'empty'))).toEqual([1, 3, 4]);
  expect((await rows('--check', 'empty', '--limit', '3')).stderr).toBe('');
  const first = await rows('--check', 'empty', '--limit', '2');
  expect(ids(first)).toEqual([1, 3]);
  expect(first.stderr).toBe('These are the first 2 rows. --limit prints more.\n');
  expect(ids(await rows('--check', 'large'))).toEqual([200]);
});

it('need a check that the pipeline has', async () => {
  const { code, stderr } = await rows('--check', 'other');
  expect(code).toBe(2);
  expect(stderr).toContain('the pipeline events has no check "other"');
  expect(stderr).toContain('Use one of: empty, large.');
});

it('are accepted by the name of the check, which is checked before the run', async () => {
  const { code, stderr } = await runDaybreak(['batch', 'run', ...on, '--accept', 'EMPTY_DAY', 'CHECK_FAILED:a b']);
  expect(code).toBe(2);
  expect(stderr).toContain('CHECK_FAILED:<check>');
  const taken = await runDaybreak(['batch', 'run', ...on, '--accept', 'EMPTY_DAY', 'CHECK_FAILED:empty'], environment);
  expect(taken.stderr).toContain('TEMPORAL_UNREACHABLE');
});
