import { readdir } from 'node:fs/promises';
import { scratchFolder } from '../../engines/scratch';
import { runBench } from './run-bench';

const cache = scratchFolder();

it('builds its day, prints the peak by hour and whether it grew, and gives back the disk', async () => {
  const { code, stdout, stderr } = await runBench('batch/memory', [], {
    DAYBREAK_CACHE: cache,
    DAYBREAK_BENCH_ROWS: '1200000',
  });

  expect(`${code}\n${stderr}`).toMatch(/^0\n/);
  expect(stdout).toMatch(/1,200,000 rows, [\d.]+ s: hour .*peak MiB/);
  for (const hour of ['1', '24']) expect(stdout).toMatch(new RegExp(`^│ ${hour} +│ +\\d+ │$`, 'm'));
  // With so few rows an hour, Node's start dominates the growth. Only the full size measures it.
  expect(stdout).toMatch(/third hour and later ÷ peak of the first two *│ +\d+\.\d{3} .*(met|MISSED)/);
  // Node from 22 on keeps compiled code there.
  expect((await readdir(cache)).filter((name) => name !== 'compiled')).toEqual([]);
});
