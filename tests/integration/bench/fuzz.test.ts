import { TARGETS } from '../../../bench/fuzz/target';
import { runBench } from './run-bench';

it('reads inputs by chance with every reader, and prints how much code they reached', async () => {
  const { code, stdout, stderr } = await runBench('fuzz/index', ['all'], { DAYBREAK_FUZZ_INPUTS: '40' });

  expect(`${code}\n${stderr}`).toMatch(/^0\n/);
  for (const name of TARGETS) {
    expect(stdout).toMatch(new RegExp(`^│ ${name} +│ +\\d+ │ +\\d+ │ +\\d+ │ +\\d+ │ +0 │$`, 'm'));
  }
});
