import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBench } from './run-bench';

it('builds a day with a hot hour and a day in one file, and prints what each took beside an even day', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'daybreak-bench-hot-hour-'));
  try {
    const { code, stdout, stderr } = await runBench('batch/hot-hour', [], {
      DAYBREAK_CACHE: cache,
      DAYBREAK_BENCH_ROWS: '9600',
      DAYBREAK_BENCH_ROUNDS: '1',
    });

    expect(`${code}\n${stderr}`).toMatch(/^0\n/);
    for (const row of ['hours of equal size', 'one hour has 60 %', 'the day is one file'])
      expect(stdout).toMatch(new RegExp(`${row}.*\\d+\\.\\d\\d`));
    expect(stdout).toMatch(/60 % ÷ equal hours.*(met|MISSED)/);
  } finally {
    await rm(cache, { recursive: true });
  }
}, 600_000);
