import { wholeNumberFrom } from '../../../scripts/cli/whole-number';
import { runMain } from './run-main';

it.each([
  ['0', 0],
  ['007', 7],
  ['65535', 65_535],
])('takes %s', (text, value) => {
  expect(wholeNumberFrom(0, 65_535)(text)).toBe(value);
});

it.each(['', ' ', ' 1', '1e3', '0x10', '1.0', '-0', '+1', '１', '65536', 'Infinity', 'NaN'])('refuses %p', (text) => {
  expect(() => wholeNumberFrom(0, 65_535)(text)).toThrow('Give a whole number, 0 to 65535.');
});

it.each([
  ['dlq', 'list', '--limit'],
  ['dlq', 'replay', '--wait'],
  ['quarantine', 'show', '--limit'],
  ['feed', '--seed'],
  ['feed', '--events'],
  ['backfill', '--parallel'],
  ['speed', 'start', '--shards'],
  ['report', '--port'],
  ['status', '--port-base'],
])('an empty value is no number for %s %s %s', async (...words) => {
  const { code, stderr } = await runMain([...words, '']);
  expect(stderr).toContain("argument '' is invalid");
  expect(code).toBe(2);
});
