import { join } from 'node:path';
import { scratchFolder } from '../../engines/scratch';
import { runBench } from './run-bench';

const cache = scratchFolder();

it('builds its days without contenders, and prints what each build took and whether the goals are met', async () => {
  const { code, stdout, stderr } = await runBench('batch/index', ['none'], {
    DAYBREAK_CACHE: cache,
    DAYBREAK_BENCH_ROWS: '9600',
    DAYBREAK_BENCH_FILES: '240',
    DAYBREAK_BENCH_ROUNDS: '1',
  });

  expect(`${code}\n${stderr}`).toMatch(/^0\n/);
  for (const row of ['every check', 'one statement', 'nothing changed', 'one late record', '240 files'])
    expect(stdout).toMatch(new RegExp(`${row}.*\\d+\\.\\d\\d`));
  expect(stdout).toMatch(/nothing changed ÷ build.*(met|MISSED)/);
  expect(stdout).toContain(`written to ${join(cache, 'bench-batch/results.json')}`);
});
