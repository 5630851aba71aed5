import { useStack } from '../support/stack';
import { runBench } from './run-bench';

const { portBase } = useStack();
const AT_MOST_SECONDS = 1_500;
/** Of this checkout: packing and installing an older one takes minutes, and may need a commit that is not there. */
const OLD = 'scripts/daybreak.mjs';

it(
  'takes a pipeline with everything in flight from one version to another, and nothing is lost',
  async () => {
    const environment = { DAYBREAK_BENCH_STACK: String(portBase) };
    const { code, stdout, stderr } = await runBench('upgrade/index', [OLD], environment, AT_MOST_SECONDS);

    expect(`${code}\n${stdout}\n${stderr}`).toMatch(/^0\n/);
    expect(stdout).toContain('the old worker has stopped while it reindexed a day');
    expect(stdout).toContain('the night that the old schedule began is over');
    expect(stdout).toMatch(/^new batch restore .*: 0$/m);
    expect(stdout).toMatch(/^old batch verify .*: 0$/m);
    expect(stderr).toContain('0 invariants broke');
  },
  (AT_MOST_SECONDS + 60) * 1_000,
);
