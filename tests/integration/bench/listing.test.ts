import { runBench } from './run-bench';

it('lists a day beside files of other days and with many of its own, and prints what each took', async () => {
  const { code, stdout, stderr } = await runBench('batch/listing', [], {
    DAYBREAK_BENCH_OBJECTS: '2400',
    DAYBREAK_BENCH_ROUNDS: '1',
  });

  expect(`${code}\n${stderr}`).toMatch(/^0\n/);
  // Two days have neighbouring hours; each page has a thousand names.
  for (const [name, requests] of [
    ['a day of 24 files', 3],
    ['the same beside 2,400 files of other days', 3],
    ['a day of 240 files', 3],
    ['a day of 2,400 files', 5],
  ] as const)
    expect(stdout).toMatch(new RegExp(`^│ ${name} +│ +[\\d.]+ │ +[\\d.]+ │ +\\d+ │ +${requests} │$`, 'm'));
  expect(stdout).toMatch(/requests beside other days ÷ alone *│ +1\.000 .*met/);
});
