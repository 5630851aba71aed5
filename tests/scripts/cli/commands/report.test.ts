import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../../scripts/cli/main';
import type { ReportData, ReportPage } from '../../../../scripts/report/report-data';

let data: string;
const before = { ...process.env };
/** Both streams, and stdout alone. */
let said: string;
let printed: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'daybreak-report-'));
  // No Temporal: a report can be made without it.
  process.env = { ...before, DAYBREAK_DATA: data, TEMPORAL_ADDRESS: '127.0.0.1:9' };
  said = '';
  printed = '';
  const write = (text: string | Uint8Array): boolean => {
    said += String(text);
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return write(text);
  });
  jest.spyOn(process.stderr, 'write').mockImplementation(write);
});
afterEach(async () => {
  jest.restoreAllMocks();
  process.env = before;
  process.exitCode = undefined;
  await rm(data, { recursive: true, force: true });
});

const REFUSED = [
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  'java\nscript:alert(1)',
  ' javascript:alert(1)//http://a.example',
  'data:text/html,<script>alert(1)</script>',
  'file:///etc/passwd',
  'vbscript:x',
  '//a.example',
  'a.example:9090',
  'http://name:password@a.example',
];

it.each(REFUSED)('takes no link to %p for Turnilo', async (address) => {
  await main(['node', 'daybreak', 'report', '--json', '--turnilo', address]);
  expect(process.exitCode).toBe(2);
  expect(said).toContain('Give an http or https address');
});

it('takes none from the environment either', async () => {
  process.env['TURNILO_URL'] = 'javascript:alert(1)';
  await main(['node', 'daybreak', 'report', '--json']);
  expect(process.exitCode).toBe(2);
  expect(said).toContain('TURNILO_URL');
});

it('takes an empty variable for none', async () => {
  process.env['TURNILO_URL'] = '';
  await main(['node', 'daybreak', 'report', '--json']);
  expect(JSON.parse(said)).not.toHaveProperty('turniloUrl');
});

it('links to the cube of an http address', async () => {
  await main(['node', 'daybreak', 'report', '--json', '--turnilo', 'https://turnilo.example:9090/a']);
  expect(JSON.parse(said)).toMatchObject({ turniloUrl: 'https://turnilo.example:9090/a#events_names' });
  expect(process.exitCode).toBeUndefined();
});

it.each([
  ['--serve', '--json'],
  ['--serve', '--output'],
  ['--json', '--output'],
  ['--json', '--open'],
])('does not take %s with %s, which it could not follow', async (one, other) => {
  await main(['node', 'daybreak', 'report', one, other, ...(other === '--output' ? ['x'] : [])]);
  expect(process.exitCode).toBe(2);
  expect(said).toMatch(/error: option '.*' cannot be used with option '.*'/);
});

it.each([
  ['a folder', '', 'EISDIR'],
  ['a file as its folder', 'file/report.html', 'EEXIST'],
])('says that the page cannot be written to %s', async (_, file, code) => {
  await writeFile(join(data, 'file'), '');
  await main([
    'node',
    'daybreak',
    'report',
    '--from',
    '2026-11-20',
    '--to',
    '2026-11-20',
    '--output',
    join(data, file),
  ]);
  expect(said).toMatch(new RegExp(`OUTPUT_FAILED the page cannot be written to ${join(data, file)}: .*${code}`));
  expect(said).not.toContain('DEFECT');
  expect(process.exitCode).toBe(1);
});

describe('the days and the pipelines', () => {
  let pipelines: string;

  beforeEach(async () => {
    pipelines = join(data, 'pipelines');
    await cp('pipelines/events', join(pipelines, 'events'), { recursive: true });
    await cp('pipelines/rides', join(pipelines, 'rides'), { recursive: true });
    Object.assign(process.env, { DAYBREAK_PIPELINES: pipelines, DRUID_COORDINATOR_URL: 'http://127.0.0.1:9' });
    delete process.env['DAYBREAK_PIPELINE'];
  });

  const range = ['--from', '2026-11-20', '--to', '2026-11-22'];
  /** What was printed on stdout. */
  const report = async (...options: string[]): Promise<unknown> => {
    await main(['node', 'daybreak', 'report', '--json', ...range, ...options]);
    return JSON.parse(printed);
  };

  it('tells days with files from days without', async () => {
    const input = join(data, 'events', 'input');
    await mkdir(input, { recursive: true });
    await writeFile(join(input, 'names.20261121.05.json'), '{}\n');
    expect(await report()).toMatchObject({
      days: [
        { date: '2026-11-20', hasFiles: false },
        { date: '2026-11-21', hasFiles: true },
        { date: '2026-11-22', hasFiles: false },
      ],
      realtime: { state: 'not known' },
    });
  });

  it('shows a day whose stored result is broken, and the other days', async () => {
    await mkdir(join(data, 'events', 'reconciliation'), { recursive: true });
    await writeFile(join(data, 'events', 'reconciliation', '2026-11-21.json'), '{"hours": 3');
    const { days } = (await report()) as ReportData;
    expect(days.map(({ notRead }) => notRead?.includes('2026-11-21.json cannot be read'))).toEqual([
      ...[undefined, true, undefined],
    ]);
    expect(days.map(({ outcome }) => outcome)).toEqual(['none', 'replaced', 'none']);
  });

  it('has all pipelines, also beside one that is broken', async () => {
    await writeFile(join(pipelines, 'rides', 'pipeline.yaml'), 'name: [');
    const { reports, notShown } = (await report('--all')) as ReportPage;
    expect(reports.map(({ pipeline }) => pipeline)).toEqual(['events']);
    expect(notShown.map(({ pipeline, what }) => [pipeline, what.split(' ')[0]])).toEqual([['rides', 'BAD_PIPELINE']]);
  });

  it('writes the page of all pipelines into the data folder', async () => {
    await main(['node', 'daybreak', 'report', '--all', ...range]);
    expect(printed.trim()).toBe(join(data, 'report.html'));
    expect(await readFile(join(data, 'report.html'), 'utf8')).toContain('<title>Daybreak: all pipelines</title>');
  });
});
