import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from '../scratch';

const root = scratchFolder();

/** So the offsets and limits that the host reads from it are also those of the source. */
it('is what its source compiles to', () => {
  const compiled = join(root, 'line-kernel.wasm');
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { kernel: string } };
  const [, ...args] = scripts.kernel.replace('engines/fast-path/line-kernel.wasm', compiled).split(' ');
  execFileSync('node_modules/.bin/asc', args);
  expect(readFileSync('engines/fast-path/line-kernel.wasm').equals(readFileSync(compiled))).toBe(true);
});
