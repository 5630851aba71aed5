import { runBench } from './run-bench';

it('packs the tree, and prints how long each command takes to start', async () => {
  const { stdout, stderr } = await runBench('start/index', [1]);

  // The exit code says whether the goals were met. That depends on the machine.
  expect(`${stdout}\n${stderr}`).toMatch(/1 runs each/);
  for (const command of [
    '--version',
    '--help',
    'pipeline check --help',
    'batch rows --help',
    'status',
    'status, of a pipeline, until it connects',
  ])
    expect(stdout).toMatch(new RegExp(`${command} .* \\d+ .* 350 .* (met|MISSED)`));
});
