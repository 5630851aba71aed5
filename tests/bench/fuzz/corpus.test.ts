import { fuzz } from '../../../bench/fuzz/fuzzer';
import { readCorpus } from '../../../bench/fuzz/corpus-file';
import { claim, TARGETS, type Target } from '../../../bench/fuzz/target';
import { isValidEvent } from '../../../bench/fuzz/valid-event';

/** Each target's corpus reaches what hours of chance would. */
it.each(TARGETS)('reads every kept input as a reader may: %s', async (name) => {
  const { open } = (await import(`../../../bench/fuzz/targets/${name}`)) as { readonly open: () => Promise<Target> }; // Each has it.
  const target = await open();
  try {
    const corpus = await readCorpus(name);
    expect(corpus.length).toBeGreaterThan(5);
    for (const input of corpus) await target.read(input);
  } finally {
    await target.close?.();
  }
});

/** A reader that counts like instrumented code: one counter for each letter of the word that it has found. */
function readerOf(word: string) {
  const counts = new Map<number, number>();
  const target: Target = {
    seeds: ['xxxxxx'],
    words: [],
    read(input) {
      for (let found = 0; input.toString().startsWith(word.slice(0, found + 1)); found += 1) {
        counts.set(found, 1);
        claim(found + 1 < word.length, 'it is the whole word');
      }
    },
  };
  const take = (seen: (counter: number, count: number) => void): void => {
    for (const [counter, count] of counts) seen(counter, count);
    counts.clear();
  };
  return { target, take };
}

it('finds an input that only what it kept on the way can lead to', async () => {
  const goesOn = (inputs: number): boolean => inputs < 200_000;
  const run = async () => {
    const { findings, corpus } = await fuzz(readerOf('fuz'), { seed: 1, corpus: [], goesOn });
    return [findings.map(({ input }) => input.toString()), corpus.map(String)];
  };
  const [findings = [], corpus = []] = await run();
  expect(findings).toEqual([expect.stringMatching(/^fuz/)]);
  expect(corpus.some((input) => input.startsWith('fu'))).toBe(true);
  expect(await run()).toEqual([findings, corpus]);
});

it.each([
  ['{"hello":"a","id":1,"time":"2026-11-21 07:00:00"}', true],
  ['{"time":"2026-11-21 07:59:59","id":-9223372036854775808}', true],
  ['{"time":"2026-11-21 07:00:00","\\u0069d":5,"more":{"id":[1,{"id":2}]}}', true],
  ['{"time":"2026-11-21 07:00:00","id":1.0}', false],
  ['{"time":"2026-11-21 07:00:00","id":9223372036854775808}', false],
  ['{"time":"2026-11-21 07:00:00","id":1,"\\u0069d":1}', false],
  ['{"time":"2026-11-21 08:00:00"}', false],
  ['{"time":"2026-11-21 07:00:00","hello":1}', false],
  ['{"id":1}', false],
  ['[]', false],
])('what the fast path is compared with takes %s: %s', (line, expected) => {
  expect(isValidEvent(line)).toBe(expected);
});
