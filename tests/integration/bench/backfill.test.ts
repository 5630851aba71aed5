import { useStack } from '../support/stack';
import { runBench } from './run-bench';

const { portBase } = useStack();

it('backfills its days, and prints that all were replaced and are served', async () => {
  const ofTheShell = {
    KAFKA_BROKERS: '127.0.0.1:1',
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    DRUID_BROKER_URL: 'http://127.0.0.1:1',
  };
  const { code, stdout, stderr } = await runBench('backfill/index', [2, 2], {
    ...ofTheShell,
    DAYBREAK_BENCH_STACK: String(portBase),
  });

  expect(`${code}\n${stderr}`).toMatch(/^0\n/);
  expect(stdout).toMatch(/requested.*completed.*replaced.*served otherwise.*at once.*seconds/);
  expect(stdout).toMatch(/\b2\b.*\b2\b.*\b2\b.*\b0\b.*\b2\b.*\d+\.\d\d/);
});
