import { buildSync } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'daybreak-map-'))));
afterEach(() => {
  rmSync(folder, { recursive: true });
});

// Jest does not load modules such as these.
const COMPARE = (bundle: string): string => `
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { entriesOf, entryAt } from '${resolve('scripts/source-map.mjs')}';
const map = JSON.parse(readFileSync('${bundle}.map', 'utf8'));
const [ours, nodes] = [entriesOf(map.mappings), new SourceMap(map)];
let [places, differ] = [0, 0];
for (const [line, text] of readFileSync('${bundle}', 'utf8').split('\\n').entries()) {
  for (let column = 0; column < text.length; column += 7) {
    const found = entryAt(ours, line, column);
    if (found === undefined) continue;
    places += 1;
    const { originalSource, originalLine, originalColumn } = nodes.findEntry(line, column);
    const isSame =
      originalSource === map.sources[found.source] && originalLine === found.line && originalColumn === found.column;
    if (!isSame) differ += 1;
  }
}
console.log(JSON.stringify({ places, differ }));`;

it.each([false, true])('finds what Node finds, all over a bundle; without white space: %s', (minifyWhitespace) => {
  const outfile = join(folder, 'bundle.mjs');
  buildSync({
    ...{ entryPoints: ['domain/pipeline.ts'], outfile, bundle: true, platform: 'node', format: 'esm' },
    ...{ sourcemap: 'linked', sourcesContent: false, minifyWhitespace },
  });
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', COMPARE(outfile)], {
    encoding: 'utf8',
  });
  const { places, differ } = JSON.parse(said) as { places: number; differ: number };
  expect(differ).toBe(0);
  expect(places).toBeGreaterThan(10_000);
});
