import { readFileSync } from 'node:fs';
import { MEASURES } from '../../../bench/soak/measures';
import { runFiles } from '../../../bench/soak/report';
import { useStack } from '../support/stack';
import { runBench } from './run-bench';

const { portBase } = useStack();
const MINUTES = 0.5;

it('runs both layers for half a minute, and counts each event once', async () => {
  const environment = { DAYBREAK_BENCH_STACK: String(portBase) };
  const { code, stdout, stderr } = await runBench('soak/index', [MINUTES, 200], environment);

  expect(`${code}\n${stdout}\n${stderr}`).toMatch(/^0\n/);
  expect(stdout).toMatch(/memory of the worker, MiB .*\d+ .*\d+/);
  expect(stdout).toMatch(/events that the speed layer has not read .*\d/);
  expect(stdout).toMatch(/\d+ events, \d+ days recomputed and proven/);
  const drawn = readFileSync(runFiles(MINUTES).plots, 'utf8');
  for (const title of Object.values(MEASURES)) expect(drawn).toContain(title);
});
