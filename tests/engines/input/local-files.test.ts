import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { dayNames } from '../../../engines/input/file-names';
import type { Candidate } from '../../../engines/input/listed-file';
import { localInput } from '../../../engines/input/local-files';
import { DAY, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
const [FILE, LINK] = ['names.20261121.07.json', 'names.20261121.08.json'];
const days = [{ date: DAY, names: dayNames('names.%Y%m%d.%H*.json', DAY) }];

it('gives of a folder with the names of years those of the days alone, and lets other work run meanwhile', async () => {
  const named = (date: string, count: number) =>
    Array.from({ length: count }, (_, index): [string, string] => [`names.${date}.07_${index}.json`, '']);
  const input = join(root, 'input');
  await writeFiles(input, Object.fromEntries([...named('20261121', 1_500), ...named('20240101', 6_000)]));
  let turns = 0;
  const count = (): void => {
    turns += 1;
    turning = setImmediate(count);
  };
  let turning = setImmediate(count);
  const found: string[] = [];
  for await (const { file } of localInput(input).candidates(days)) found.push(file);
  clearImmediate(turning);
  expect(found).toHaveLength(1_500);
  expect(found.every((file) => file.startsWith('names.20261121.'))).toBe(true);
  expect(turns).toBeGreaterThan(4);
});

it('says of a file that went away while the folder was read that the input has changed, as of one in S3', async () => {
  await writeFiles(root, { [FILE]: '{}\n' });
  await symlink('nowhere', join(root, LINK));
  const found = new Map<string, Candidate>();
  for await (const candidate of localInput(root).candidates(days)) found.set(candidate.file, candidate);
  await rm(join(root, FILE));
  const listed = (file: string) => () => found.get(file)?.listed('2026-11-21T07');
  expect(listed(FILE)).toThrow(/^STORAGE_CHANGED: /);
  expect(listed(LINK)).toThrow(/^UNREADABLE_INPUT: /);
});
