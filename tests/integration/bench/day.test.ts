import { useStack } from '../support/stack';
import { runBench } from './run-bench';

const { portBase } = useStack();

it('replaces a day that realtime has, then the sealed day with a late record, and prints how long each took', async () => {
  const { stdout, stderr } = await runBench('day/index', [500], { DAYBREAK_BENCH_STACK: String(portBase) });

  // The exit code says whether it was in time. That depends on the machine.
  expect(`${stdout}\n${stderr}`).toMatch(/500 rows.*seconds.*at most/);
  expect(stdout).toMatch(/a day that realtime has.* \d+\.\d .*60/);
  expect(stdout).toMatch(/a day that is sealed, after a late record.* \d+\.\d .*20/);
}, 600_000);
