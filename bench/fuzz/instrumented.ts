import { build, type PluginBuild } from 'esbuild';
import { createInstrumenter } from 'istanbul-lib-instrument';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { Target } from './target';

/** How often each statement and each branch ran: numbers, and lists of numbers. */
type Counters = Record<string, number | number[]>;
type Coverage = Record<string, { readonly s: Counters; readonly b: Counters }>;

const VARIABLE = '__fuzz_coverage__';

/** A target whose own code, and that of Daybreak below it, counts what runs. */
export interface Instrumented {
  readonly target: Target;
  /** Calls `seen` with each counter that is not zero, and sets it to zero. */
  readonly take: (seen: (counter: number, count: number) => void) => void;
}

/** Loads a target from a file that has the whole code which it uses. Packages stay outside, and count nothing. */
export async function instrumented(name: string): Promise<Instrumented> {
  const folder = resolve('node_modules/.cache/daybreak-fuzz');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}-${randomUUID()}.cjs`);
  const { outputFiles } = await build({
    ...{ entryPoints: [join(__dirname, 'targets', `${name}.ts`)], outfile: path, write: false, logLevel: 'warning' },
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'cjs', packages: 'external' },
    plugins: [{ name: 'own folders', setup: keepFolders }],
  });
  const [{ text } = { text: '' }] = outputFiles;
  const instrumenter = createInstrumenter({ coverageVariable: VARIABLE, esModules: false, compact: true });
  await writeFile(path, instrumenter.instrumentSync(text, path));
  try {
    const load = createRequire(path);
    const target = await (load(path) as { open(): Promise<Target> }).open(); // Each file of targets/ has it.
    return { target, take: taker() };
  } finally {
    await rm(path);
  }
}

/** `__dirname` stays the folder of the source, because sources read files beside them. */
function keepFolders(bundler: PluginBuild): void {
  bundler.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
    contents: readFileSync(path, 'utf8').replaceAll('__dirname', JSON.stringify(dirname(path))),
    loader: 'ts',
  }));
}

function taker(): Instrumented['take'] {
  const coverage = (globalThis as { [VARIABLE]?: Coverage })[VARIABLE] ?? {}; // The instrumented code sets it.
  const counters = Object.values(coverage).flatMap(({ s, b }) => [s, ...Object.values(b)]);
  const places = counters.flatMap((of) => Object.keys(of).map((key) => ({ of: of as Record<string, number>, key })));
  return (seen) => {
    for (const [counter, { of, key }] of places.entries()) {
      const count = of[key] ?? 0;
      if (count === 0) continue;
      of[key] = 0;
      seen(counter, count);
    }
  };
}
