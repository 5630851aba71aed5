import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
let clone: string;

/** A clone with a command line of our own, and only the packages that make the bundle. */
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'daybreak-bundle-'));
  for (const folder of ['activities', 'clients', 'domain', 'engines', 'scripts', 'worker', 'workflows'])
    mkdirSync(join(clone, folder));
  mkdirSync(join(clone, 'scripts/cli'));
  for (const file of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'scripts/bundle.mjs',
    'scripts/install.mjs',
  ])
    cpSync(join(root, file), join(clone, file));
  mkdirSync(join(clone, 'node_modules'));
  for (const file of ['.package-lock.json', 'esbuild', '@esbuild', 'tsx'])
    symlinkSync(join(root, 'node_modules', file), join(clone, 'node_modules', file));
  write('domain/greeting.ts', "export const greeting: string = 'good night';");
  write(
    'scripts/cli/main.ts',
    "import { greeting } from '../../domain/greeting'; export const main = () => console.log(greeting, __dirname);",
  );
});

afterEach(() => {
  rmSync(clone, { recursive: true });
});

function write(file: string, text: string): void {
  writeFileSync(join(clone, file), `${text}\n`);
}

function run(folder = clone, by: 'bundle' | 'runnableSource' = 'bundle'): Promise<string> {
  const script = `import { createRequire } from 'node:module';
    import { ${by} } from './scripts/bundle.mjs';
    createRequire(import.meta.url)(await ${by}('scripts/cli/main.ts')).main();`;
  return new Promise((ended) => {
    execFile(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder }, (_error, stdout, stderr) => {
      ended(stderr + stdout);
    });
  });
}

const cache = (folder = clone): string => join(folder, 'node_modules/.cache/daybreak');
const bundles = (): string[] => readdirSync(cache()).filter((file) => file.endsWith('.cjs'));

it('makes one file of the sources, which find their folders, and makes it once', async () => {
  expect(await run()).toBe(`good night ${join(clone, 'scripts/cli')}\n`);
  const [made = '', ...others] = bundles();
  expect(others).toEqual([]);
  appendFileSync(join(cache(), made), "console.log('the same file');\n");
  expect(await run()).toBe(`the same file\ngood night ${join(clone, 'scripts/cli')}\n`);
});

it('makes it anew after a change of a source, also for several at once, and keeps no other', async () => {
  await run();
  const [before] = bundles();
  write('domain/greeting.ts', "export const greeting: string = 'good light';");
  const said = await Promise.all([run(), run(), run(), run()]);
  expect(new Set(said)).toEqual(new Set([`good light ${join(clone, 'scripts/cli')}\n`]));
  expect(bundles()).toHaveLength(1);
  expect(bundles()).not.toEqual([before]);
});

it('makes it anew where the folder was moved to', async () => {
  await run();
  const moved = `${clone}-moved`;
  renameSync(clone, moved);
  try {
    expect(await run(moved)).toBe(`good night ${join(moved, 'scripts/cli')}\n`);
  } finally {
    renameSync(moved, clone);
  }
});

it.each(['bundle', 'runnableSource'] as const)('%s loads what is imported in a function when that runs', async (by) => {
  write('domain/greeting.ts', "console.log('loaded'); export const greeting: string = 'good night';");
  write(
    'scripts/cli/main.ts',
    "export const main = async () => { console.log('before'); console.log((await import('../../domain/greeting')).greeting); };",
  );
  expect(await run(clone, by)).toBe('before\nloaded\ngood night\n');
});
