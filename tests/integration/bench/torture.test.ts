import { freePortBase } from '../support/test-stacks';
import { runBench } from './run-bench';

/** Stops the worker and kills Kafka, then stops a historical while a day is run twice at once. All is short. */
const SEED = 34;

it('keeps every invariant through two rounds of faults', async () => {
  const environment = { DAYBREAK_PORT_BASE: String(await freePortBase()) };
  const { code, stderr } = await runBench('torture/index', [SEED, 2], environment);

  expect(`${code}\n${stderr}`).toMatch(/^0\n/);
  expect(stderr).toMatch(/round 2 took \d+ s, and 0 invariants broke/);
}, 600_000);
