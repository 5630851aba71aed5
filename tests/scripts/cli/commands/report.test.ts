import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../../scripts/cli/main';

let data: string;
const before = { ...process.env };
let said: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'daybreak-report-'));
  // No Temporal: a report can be made without it.
  process.env = { ...before, DAYBREAK_DATA: data, TEMPORAL_ADDRESS: '127.0.0.1:9' };
  said = '';
  const write = (text: string | Uint8Array): boolean => {
    said += String(text);
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(write);
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
