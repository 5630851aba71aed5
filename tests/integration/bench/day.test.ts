import { useStack } from '../support/stack';
import { runBench } from './run-bench';

const { portBase } = useStack();

it('replaces a day that realtime has, then the sealed day with a late record, and prints how long each took, a line a step', async () => {
  const { stdout, stderr } = await runBench('day/index', [500], { DAYBREAK_BENCH_STACK: String(portBase) });

  // The exit code says whether it was in time. That depends on the machine.
  expect(`${stdout}\n${stderr}`).toMatch(/500 rows.*seconds.*at most/);
  for (const step of ['settle', 'build', 'gate', 'seal', 'reindex', 'prove', 'reconcile']) {
    expect(stdout).toMatch(new RegExp(`${step} .* \\d+\\.\\d .* \\d+\\.\\d `));
  }
  expect(stdout).toMatch(/a day that realtime has.* \d+\.\d .* 30 .*(met|MISSED)/);
  expect(stdout).toMatch(/a day that is sealed, after a late record.* \d+\.\d .* 11 .*(met|MISSED)/);
});

it('replaces a day of many rows, a line a step, beside Druid’s own load of them', async () => {
  const { stdout, stderr } = await runBench('day/large', [2_400], { DAYBREAK_BENCH_STACK: String(portBase) });

  // The exit code says whether the goals were met. That depends on the machine.
  expect(`${stdout}\n${stderr}`).toMatch(/2,400 rows.*seconds.*of Druid's load/);
  for (const step of ['settle', 'build', 'gate', 'seal', 'reindex', 'prove', 'reconcile']) {
    expect(stdout).toMatch(new RegExp(`${step} .* \\d+\\.\\d .* \\d+\\.\\d{3} `));
  }
  expect(stdout).toMatch(/trigger to proof ÷ Druid's load.*\d+\.\d{3}.*1\.25/);
});
