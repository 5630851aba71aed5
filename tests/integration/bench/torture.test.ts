import { freePortBase } from '../support/test-stacks';
import { runBench } from './run-bench';

/** Kills the worker and the indexer under a day's run, so that the round needs neither small disks nor other clocks. */
const SEED = 195;
/** It took seven minutes on a machine that others kept busy. If it were killed, it would leave its servers. */
const AT_MOST_SECONDS = 1_500;

it(
  'keeps every invariant through a round of faults',
  async () => {
    const environment = { DAYBREAK_PORT_BASE: String(await freePortBase()) };
    const { code, stderr } = await runBench('torture/index', [SEED, 1], environment, AT_MOST_SECONDS);

    expect(`${code}\n${stderr}`).toMatch(/^0\n/);
    expect(stderr).toMatch(/round 1 took \d+ s, and 0 invariants broke/);
  },
  (AT_MOST_SECONDS + 60) * 1_000,
);
