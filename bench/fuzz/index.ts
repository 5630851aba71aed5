// node --import tsx bench/fuzz/index.ts [target, default all] [seconds for each, default 60] [seed, default 1]: reads inputs
// that chance makes of a corpus, and keeps those that reach new code. With DAYBREAK_FUZZ_INPUTS each target gets so many
// inputs instead, and the corpus in corpus/ stays as it is. Ends with 0 only if no reader did what it must not do.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { print, progress } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { readCorpus, writeCorpus } from './corpus-file';
import { fuzz, type Fuzzed } from './fuzzer';
import { instrumented } from './instrumented';
import { TARGETS } from './target';

const FINDINGS = '.daybreak/fuzz';

async function main(only: string | undefined, seconds: number, seed: number): Promise<void> {
  const inputs = process.env['DAYBREAK_FUZZ_INPUTS'];
  const rows = [['reader of', 'inputs', 'a second', 'code reached', 'kept', 'findings']];
  for (const name of TARGETS.filter((one) => only === undefined || only === 'all' || one === only)) {
    const loaded = await instrumented(name);
    const corpus = await readCorpus(name);
    const began = performance.now();
    const goesOn =
      inputs === undefined
        ? () => performance.now() - began < seconds * 1_000
        : (done: number) => done < corpus.length + Number(inputs);
    const found = await fuzz(loaded, { seed, corpus, goesOn });
    await loaded.target.close?.();
    const rate = found.inputs / ((performance.now() - began) / 1_000);
    rows.push(
      [name, found.inputs, Math.round(rate), found.reached, found.corpus.length, found.findings.length].map(String),
    );
    if (inputs === undefined) await writeCorpus(name, found.corpus);
    await report(name, found);
  }
  print(table(rows));
}

async function report(name: string, { findings }: Fuzzed): Promise<void> {
  await mkdir(FINDINGS, { recursive: true });
  for (const [index, { input, reason }] of findings.entries()) {
    const file = join(FINDINGS, `${name}-${index + 1}`);
    await writeFile(file, input);
    progress(`${file}: ${reason}`);
    process.exitCode = 1;
  }
}

const [only, seconds = '60', seed = '1'] = process.argv.slice(2);
void main(only, Number(seconds), Number(seed));
