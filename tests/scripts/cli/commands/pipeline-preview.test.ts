import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { event, lines, pipelineLike, scratchFolder, writeFiles } from '../../../engines/scratch';
import { STEERING } from '../../../security/terminal-texts';
import type { Ended } from '../run-daybreak';
import { runMain } from '../run-main';

const root = scratchFolder();
const [pipelines, data] = [join(root, 'pipelines'), join(root, 'data')];
const environment = { DAYBREAK_PIPELINES: pipelines, DAYBREAK_DATA: data };

const preview = (...args: string[]): Promise<Ended> =>
  runMain(['pipeline', 'preview', '--pipeline', 'events', '--date', '2026-11-21', ...args], environment);

interface PreviewJson {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly [fact: string]: unknown;
}

beforeAll(async () => {
  const name = (id: number, is: string): string => JSON.stringify({ uid: id, name: is });
  await pipelineLike('events', pipelines, {
    'names.2026-11-01.ndjson': lines(name(1, 'Ada')),
    'names.2026-11-25.ndjson': lines(name(1, 'Augusta')),
    'pipeline.yaml': (text) =>
      `${text.replace('names.ndjson', 'names.%Y-%m-%d.ndjson')}\nchecks: [{ name: empty, where: "hello = ''", atMost: 1 }]\n`,
  });
  await writeFiles(join(data, 'events', 'input'), {
    'names.20261121.07.json': lines(
      event(1),
      event(2, '2026-11-21 07:00:01', '\\u001b[2J$&\\n→ rm -rf \\u202e'),
      event('"x"', '2026-11-21 07:00:02', 'y'.repeat(300)),
      event(3, '2026-11-21 07:00:03', ''),
    ),
    'names.20261122.07.json': lines(event('9007199254740993', '2026-11-22 07:00:00')),
  });
});

it('prints rows with the tables of the day, marks those that a check finds, and shows bad records beside', async () => {
  const { code, stdout, stderr } = await preview('--json');
  expect([code, stderr]).toEqual([0, '']);
  const { rows, ...facts } = JSON.parse(stdout) as PreviewJson;
  expect(rows.map(({ user_name: name }) => name)).toEqual(['Ada', null, null]);
  expect(rows[1]).toMatchObject({ hello: '\u001b[2J$&\n→ rm -rf \u202e' });
  expect(facts).toMatchObject({
    pipeline: 'events',
    date: '2026-11-21',
    input: join(data, 'events', 'input'),
    bad: [{ file: 'names.20261121.07.json', line: 3, reason: 'id is "x", not an integer of 64 bits' }],
    read: { records: 4, quarantined: 1, outsideDay: 0, files: 1 },
    isWhole: true,
    checks: [{ name: 'empty', where: "hello = ''", rows: [3] }],
  });
});

it('is a table whose values are cut and obeyed by no terminal', async () => {
  const { stdout } = await preview();
  expect(stdout.replaceAll('\n', '')).not.toMatch(STEERING);
  expect(stdout).toContain('\\u001b[2J$&\\n→ rm -rf \\u202e │');
  expect(stdout).toMatch(/│ +3 │ +null │ +│ +null │ +empty │\n/);
  expect(stdout).toMatch(/│ names.20261121.07.json:3 │ +id is "x", not an integer of 64 bits │ \{"hello":"y+… │/);
  expect(stdout).toContain(`3 rows of events on 2026-11-21, from 4 records (1 whole file) in ${data}/events/input`);
  expect(stdout).toContain('these are all rows that the day has so far');
});

it('lists the values of each row where the terminal has no room for a table', async () => {
  const { isTTY, columns } = process.stdout;
  Object.assign(process.stdout, { isTTY: true, columns: 40 });
  try {
    const { stdout } = await preview('--limit', '1');
    expect(stdout).toContain('row 1\n  time: 2026-11-21 07:00:00\n  user_id: 1\n  user_name: Ada\n');
  } finally {
    Object.assign(process.stdout, { isTTY, columns });
  }
});

it('keeps integers that JavaScript would round, and says that a limit may hide rows', async () => {
  const { stdout } = await preview('--date', '2026-11-22', '--json');
  expect(stdout).toContain('"user_id":9007199254740993,');
  const { stdout: limited } = await preview('--limit', '2');
  expect(limited).toContain('2 rows of events on 2026-11-21, from the first 4 records');
  expect(limited).toContain('the day can have more rows: raise --limit to see more');
});

it('leaves nothing behind', async () => {
  await preview();
  expect(await readdir(join(data, 'events', 'scratch'))).toEqual([]);
  expect((await readdir(join(data, 'events'))).sort()).toEqual(['input', 'scratch']);
});

it.each([
  [['--date', '2026-10-01'], 1, 'NO_INPUT'],
  [['--date', '2026-02-30'], 2, 'BAD_DATE'],
  [['--date', '2026-11-21', '--limit', '0'], 2, 'Give a whole number, 1 or more.'],
  [['--pipeline', 'other'], 2, 'UNKNOWN_PIPELINE'],
])('%j is refused', async (args, code, words) => {
  expect(await preview(...args)).toMatchObject({ code, stderr: expect.stringContaining(words) as string });
});
