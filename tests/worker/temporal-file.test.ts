import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../worker/config';
import { connectOptions } from '../../worker/connect';
import { scratchFolder } from '../engines/scratch';

const file = join(scratchFolder(), 'temporal.toml');
const before = process.env['TEMPORAL_CONFIG_FILE'];
beforeAll(() => {
  process.env['TEMPORAL_CONFIG_FILE'] = file;
});
afterAll(() => {
  if (before === undefined) delete process.env['TEMPORAL_CONFIG_FILE'];
  else process.env['TEMPORAL_CONFIG_FILE'] = before;
});

it.each([
  ['an empty file', '', 'has no profile: its settings belong below [profile.default]'],
  ['settings of no profile', 'address = "here:1"\n', 'has no profile: its settings belong below [profile.default]'],
  ['what is no TOML', '[profile.default]\naddress = here\n', 'is no TOML in line 2: invalid value'],
])('names the configuration file of Temporal and what is wrong in it: %s', async (_, content, fault) => {
  await writeFile(file, content);
  expect(() => connectOptions(readConfig({}))).toThrow(
    `BAD_CONFIGURATION: Temporal’s configuration file, ${file} (TEMPORAL_CONFIG_FILE), ${fault}. Correct it`,
  );
});

it('takes the profile of a file that is whole', async () => {
  await writeFile(file, '[profile.default]\nnamespace = "days"\n');
  expect(connectOptions(readConfig({})).namespace).toBe('days');
});
