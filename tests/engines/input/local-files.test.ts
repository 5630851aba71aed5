import { join } from 'node:path';
import { dayNames } from '../../../engines/input/file-names';
import { localInput } from '../../../engines/input/local-files';
import { DAY, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();

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
  const days = [{ date: DAY, names: dayNames('names.%Y%m%d.%H*.json', DAY) }];
  const found: string[] = [];
  for await (const { file } of localInput(input).candidates(days)) found.push(file);
  clearImmediate(turning);
  expect(found).toHaveLength(1_500);
  expect(found.every((file) => file.startsWith('names.20261121.'))).toBe(true);
  expect(turns).toBeGreaterThan(4);
});
