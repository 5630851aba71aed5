import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
let clone: string;

/** A clone with a command line of our own, and no packages but what makes the bundle. */
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'daybreak-bundle-'));
  for (const folder of ['activities', 'clients', 'domain', 'engines', 'scripts', 'worker', 'workflows'])
    mkdirSync(join(clone, folder));
  for (const file of ['package.json', 'package-lock.json', 'scripts/bundle.mjs', 'scripts/install.mjs'])
    cpSync(join(root, file), join(clone, file));
  mkdirSync(join(clone, 'node_modules'));
  for (const file of ['.package-lock.json', 'esbuild', '@esbuild'])
    symlinkSync(join(root, 'node_modules', file), join(clone, 'node_modules', file));
  write('domain/greeting.ts', "export const greeting: string = 'good night';");
  write(
    'scripts/main.ts',
    "import { greeting } from '../domain/greeting'; export const main = () => console.log(greeting, __dirname);",
  );
});

afterEach(() => {
  rmSync(clone, { recursive: true });
});

function write(file: string, text: string): void {
  writeFileSync(join(clone, file), `${text}\n`);
}

function run(): string {
  const script = `import { createRequire } from 'node:module';
    import { bundle } from './scripts/bundle.mjs';
    createRequire(import.meta.url)(await bundle('scripts/main.ts')).main();`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: clone });
  return `${stderr.toString()}${stdout.toString()}`;
}

const bundles = (): string[] => readdirSync(join(clone, 'node_modules/.cache/daybreak'));

it('makes one file of the sources, which find their folders, and makes it once', () => {
  expect(run()).toBe(`good night ${join(clone, 'scripts')}\n`);
  const made = bundles();
  expect(made).toHaveLength(1);
  expect(run()).toBe(`good night ${join(clone, 'scripts')}\n`);
  expect(bundles()).toEqual(made);
});

it('makes it anew after a change of a source, and keeps no other', () => {
  run();
  const [before] = bundles();
  write('domain/greeting.ts', "export const greeting: string = 'good morning';");
  expect(run()).toBe(`good morning ${join(clone, 'scripts')}\n`);
  expect(bundles()).toHaveLength(1);
  expect(bundles()).not.toEqual([before]);
});
