import { runBench } from './run-bench';

const EVENTS = 20_000;

it('drains a topic, prints the rate with its rows, and measures latency', async () => {
  const { code, stdout, stderr } = await runBench('speed/index', [EVENTS, 1, 'daybreak'], {
    DAYBREAK_BENCH_RATE: '500',
    DAYBREAK_BENCH_SECONDS: '2',
  });

  expect(`${code}\n${stderr}`).toMatch(/^0\n/);
  expect(stdout).toMatch(new RegExp(`Daybreak, 1 process\\(es\\), exactly once.* ${EVENTS} `));
  expect(stdout).toMatch(/latency at 500 events a second: p50 \d+ ms, p99 \d+ ms/);
});
