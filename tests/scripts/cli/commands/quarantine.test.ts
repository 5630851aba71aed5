import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { QuarantineList, ShownQuarantine } from '../../../../scripts/operate/quarantine';
import { event, lines, pipelineLike, scratchFolder, writeFiles } from '../../../engines/scratch';
import { STEERING } from '../../../security/terminal-texts';
import type { Ended } from '../run-daybreak';
import { runMain } from '../run-main';

const root = scratchFolder();
const [pipelines, data] = [join(root, 'pipelines'), join(root, 'data')];
const output = join(data, 'events', 'output');
const environment = { DAYBREAK_PIPELINES: pipelines, DAYBREAK_DATA: data };
const [MISSING_DAY, BAD_DAY, GOOD_DAY, DAMAGED_DAY] = ['2026-11-19', '2026-11-20', '2026-11-21', '2026-11-22'];
const RANGE = ['--from', BAD_DAY, '--to', GOOD_DAY];

const quarantine = (...args: string[]): Promise<Ended> =>
  runMain(['quarantine', ...args, '--pipeline', 'events'], environment);

beforeAll(async () => {
  const folder = await pipelineLike('events', pipelines);
  const input = join(root, 'input');
  const bad = (id: string): string => event(id, '2026-11-20 07:00:00');
  await writeFiles(input, {
    'names.20261119.07.json': 'bad\n',
    'names.20261120.07.json': lines(bad('"x"'), bad('1'), '\u009b2Jnot\u202e JSON', bad('"y"'), 'x'.repeat(500)),
    'names.20261120.08.json': lines(bad('"z"')),
    'names.20261121.07.json': lines(event(1, '2026-11-21 07:00:00')),
    'names.20261122.07.json': 'bad\n',
  });
  for (const date of [MISSING_DAY, BAD_DAY, GOOD_DAY, DAMAGED_DAY]) {
    const places = ['--pipeline', folder, '--date', date, '--input', input, '--output', output];
    expect(await runMain(['batch', 'build', ...places], environment)).toMatchObject({ code: 0 });
  }
  await appendFile(join(output, DAMAGED_DAY, '_quarantine.ndjson'), '{"file":"a","line":1,"reason":"","text":""}\n');
  await rm(join(output, MISSING_DAY, '_quarantine.ndjson'));
});

const NOT_INTEGER = 'id is …, not an integer of 64 bits';

it('list counts the records of each day by reason, as the manifest does', async () => {
  const { code, stdout, stderr } = await quarantine('list', ...RANGE, '--json');
  expect([code, stderr]).toEqual([0, '']);
  const byReason = [
    { reason: NOT_INTEGER, records: 3 },
    { reason: 'not JSON', records: 2 },
  ];
  const days = [{ date: BAD_DAY, records: 5, byReason }];
  expect(JSON.parse(stdout)).toEqual({ pipeline: 'events', from: BAD_DAY, to: GOOD_DAY, days, built: 2, records: 5 });
});

it('list is a table for people, with the command that shows the records', async () => {
  const { stdout } = await quarantine('list', ...RANGE);
  expect(stdout).toMatch(/│ 2026-11-20 │ +5 │ +all │\n│ +│ +3 │ id is …, not an integer of 64 bits │\n/);
  expect(stdout).toContain('5 quarantined records of events on 1 day, of 2 built days');
  expect(stdout).toContain('npx daybreak quarantine show --pipeline events --date 2026-11-20');
});

it('list says that there is nothing', async () => {
  const { code, stdout } = await quarantine('list', '--from', GOOD_DAY, '--to', GOOD_DAY);
  expect([code, stdout]).toEqual([0, 'no quarantined records in 1 built day of events\n']);
  const { stdout: json } = await quarantine('list', '--from', '2026-10-01', '--to', '2026-10-02', '--json');
  expect(JSON.parse(json)).toMatchObject({ days: [], built: 0, records: 0 } satisfies QuarantineList);
});

it('show has the records with their places, up to the limit, and the counts of all', async () => {
  const { code, stdout } = await quarantine('show', '--date', BAD_DAY, '--limit', '1', '--json');
  expect(code).toBe(0);
  const shown = JSON.parse(stdout) as ShownQuarantine;
  expect(shown).toMatchObject({ date: BAD_DAY, records: 5, selected: 5 });
  expect(shown.shown).toEqual([
    {
      file: 'names.20261120.07.json',
      line: 1,
      reason: 'id is "x", not an integer of 64 bits',
      text: event('"x"', '2026-11-20 07:00:00'),
    },
  ]);
  expect(shown.byReason.map(({ records }) => records)).toEqual([3, 2]);
});

it('show takes the records of a reason, as the list has it or as the record has it', async () => {
  const { stdout } = await quarantine('show', '--date', BAD_DAY, '--reason', NOT_INTEGER, '--limit', '2');
  expect(stdout).toContain(
    '3 quarantined records of events on 2026-11-20 with this reason, of 5; the first 2 are shown',
  );
  const { stdout: one } = await quarantine('show', '--date', BAD_DAY, '--reason', 'id is "z"', '--json');
  expect(JSON.parse(one)).toMatchObject({ selected: 1, shown: [{ file: 'names.20261120.08.json', line: 1 }] });
});

it('show makes controls visible and cuts long texts, each record in one line', async () => {
  const { stdout } = await quarantine('show', '--date', BAD_DAY, '--reason', 'not JSON');
  expect(stdout.replaceAll('\n', '')).not.toMatch(STEERING);
  expect(stdout).toContain('\\u009b2Jnot\\u202e JSON');
  expect(stdout).toContain(`${'x'.repeat(59)}…`);
});

it('show names the reasons that exist if the wanted one does not', async () => {
  const { code, stderr } = await quarantine('show', '--date', BAD_DAY, '--reason', 'too old');
  expect(code).toBe(2);
  expect(stderr).toContain('no quarantined record of events on 2026-11-20 has the reason "too old"');
  expect(stderr).toContain(`Give a part of one of: "${NOT_INTEGER}"; "not JSON".`);
});

it('show says that a day has none, and refuses one that is not built', async () => {
  expect(await quarantine('show', '--date', GOOD_DAY, '--reason', 'x')).toMatchObject({
    code: 0,
    stdout: 'no quarantined records of events on 2026-11-21\n',
  });
  const { code, stderr } = await quarantine('show', '--date', '2026-10-01');
  expect(code).toBe(1);
  expect(stderr).toContain('NOT_BUILT');
});

it('both refuse a quarantine that is not the one of the build', async () => {
  for (const args of [
    ['show', '--date', DAMAGED_DAY],
    ['list', '--from', DAMAGED_DAY, '--to', DAMAGED_DAY],
  ]) {
    const { code, stderr } = await quarantine(...args);
    expect(code).toBe(1);
    expect(stderr).toContain('has 2 records, and its manifest counts 1');
    expect(stderr).toContain(`npx daybreak batch run --pipeline events --date ${DAMAGED_DAY} --force`);
  }
});

it('list goes on behind a day that is damaged, and names it', async () => {
  const range = ['--from', MISSING_DAY, '--to', DAMAGED_DAY];
  const { code, stdout, stderr } = await quarantine('list', ...range, '--json');
  expect(code).toBe(1);
  const { days, built, records, failures = [] } = JSON.parse(stdout) as QuarantineList;
  expect([days.map(({ date }) => date), built, records]).toEqual([[BAD_DAY], 2, 5]);
  expect(failures.map(({ date, code: of }) => [date, of])).toEqual([
    [MISSING_DAY, 'STORAGE_CHANGED'],
    [DAMAGED_DAY, 'OUTPUT_FAILED'],
  ]);
  for (const { date, what } of failures) expect(stderr).toMatch(new RegExp(`^! ${date}: .*${what.slice(0, 20)}`, 'm'));
  expect((await quarantine('list', ...range)).stdout).toContain('on 1 day, of 2 built days');
});

it.each([
  [['show', '--date', '2026-02-30'], 2, 'BAD_DATE'],
  [['show', '--date', BAD_DAY, '--limit', '-1'], 2, 'Give a whole number, 0 or more.'],
  [['list', '--from', GOOD_DAY, '--to', BAD_DAY], 2, 'BAD_DATE'],
])('%j is wrong usage', async (args, code, words) => {
  expect(await quarantine(...args)).toMatchObject({ code, stderr: expect.stringContaining(words) as string });
});
