import { scratchFolder } from '../../engines/scratch';
import { runBench } from './run-bench';

const cache = scratchFolder();

it('builds a day with a hot hour and a day in one file, and prints what each took beside an even day', async () => {
  const { code, stdout, stderr } = await runBench('batch/hot-hour', [], {
    DAYBREAK_CACHE: cache,
    DAYBREAK_BENCH_ROWS: '9600',
    DAYBREAK_BENCH_ROUNDS: '1',
  });

  expect(`${code}\n${stderr}`).toMatch(/^0\n/);
  for (const row of ['hours of equal size', 'one hour has 60 %', 'the day is one file'])
    expect(stdout).toMatch(new RegExp(`${row}.*\\d+\\.\\d\\d`));
  expect(stdout).toMatch(/60 % ÷ equal hours.*(met|MISSED)/);
});
