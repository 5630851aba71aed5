import { scratchFolder } from '../../engines/scratch';
import { runBench } from './run-bench';

const cache = scratchFolder();

it('builds a day of nested events, and prints what it took beside one statement that gives as many rows', async () => {
  const { code, stdout, stderr } = await runBench('batch/nested', ['none'], {
    DAYBREAK_CACHE: cache,
    DAYBREAK_BENCH_ROWS: '9600',
    DAYBREAK_BENCH_ROUNDS: '1',
  });

  expect(`${code}\n${stderr}`).toMatch(/^0\n/);
  for (const row of ['every check', 'one statement']) expect(stdout).toMatch(new RegExp(`${row}.*\\d+\\.\\d\\d`));
});
