import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBusinessDate } from '../../../../domain/business-date';
import { runMain } from '../../cli/run-main';
import { scratchFolder } from '../../../engines/scratch';

const folder = scratchFolder();
const file = join(folder, 'a-file');
beforeAll(() => writeFile(file, ''));

it.each([
  ['a file', file],
  ['a folder in a file', join(file, 'input')],
])('a day and a live stream say that they cannot be written to %s', async (_, output) => {
  const date = parseBusinessDate('2026-01-01');
  for (const kind of [
    ['--date', date, '--events', '3'],
    ['--for', '1'],
  ]) {
    const args = ['feed', '--pipeline', 'events', '--no-kafka', '--output', output, ...kind];
    const { code, stderr } = await runMain(args);
    expect(stderr).toContain(`OUTPUT_FAILED the files cannot be written to ${output}: `);
    expect(stderr).not.toContain('DEFECT');
    expect(code).toBe(1);
  }
});
