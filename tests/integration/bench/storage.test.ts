import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../../scripts/stack/fetch/cache';
import { runBench } from './run-bench';

it('builds a day from a folder and from a real S3, and prints how they compare', async () => {
  // The S3 is taken from the cache that every test fills; the day is the bench's own.
  const rows = '240000';
  const { code, stdout, stderr } = await runBench('batch/storage', [], {
    DAYBREAK_BENCH_ROWS: rows,
    DAYBREAK_BENCH_ROUNDS: '1',
  });
  await rm(join(cacheFolder(), 'bench-batch', `day-${rows}`), { recursive: true });

  expect(`${code}\n${stderr}`).toMatch(/^0\n/);
  for (const name of ['from a folder', 'from S3', 'from S3, nothing changed']) {
    expect(stdout).toMatch(new RegExp(`^│ ${name} +│ +[\\d.]+ │ +[\\d.]+ │ +\\d+ │$`, 'm'));
  }
  expect(stdout).toMatch(/S3 ÷ folder, seconds *│ +\d+\.\d{3} .*(met|MISSED)/);
});
