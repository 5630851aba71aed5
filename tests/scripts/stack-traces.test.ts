import { buildSync, type BuildOptions } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'daybreak stack-')));
  mkdirSync(join(folder, 'sources'));
  writeFileSync(
    join(folder, 'sources/thrower.ts'),
    `interface Removed { readonly by: 'the compiler' }

export function thrower(): never {
  throw new TypeError('a\\nb');
}
`,
  );
  writeFileSync(
    join(folder, 'sources/main.ts'),
    `import { thrower } from './thrower';

async function later(): Promise<void> {
  await null;
  thrower();
}

export async function stack(): Promise<string> {
  try {
    await later();
  } catch (thrown) {
    return (thrown as Error).stack ?? '';
  }
  return '';
}
`,
  );
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const EXPECTED = (): string => `TypeError: a
b
    at thrower (${folder}/sources/thrower.ts:4:9)
    at later (${folder}/sources/main.ts:5:3)
    at async stack (${folder}/sources/main.ts:10:5)`;

/** What this code prints, with such stack traces. */
function printed(code: string, options: readonly string[] = []): string {
  const script = `import { nameSourcesInStackTraces } from '${resolve('scripts/stack-traces.mjs')}';
    nameSourcesInStackTraces();
    ${code}`;
  return execFileSync(process.execPath, [...options, '--input-type=module', '--eval', script], { encoding: 'utf8' });
}

/** Code that imports what a bundle exports by this name. */
function imported(name: string, file = 'main.cjs'): string {
  return `const { ${name} } = await import(${JSON.stringify(join(folder, file))});`;
}

function stackIn(file: string): string {
  const code = `${imported('stack', file)} console.log((await stack()).split('\\n').slice(0, 5).join('\\n'));`;
  return printed(code).trim();
}

function build(outfile: string, options: BuildOptions): void {
  buildSync({
    ...{ absWorkingDir: folder, entryPoints: ['sources/main.ts'], outfile, bundle: true, platform: 'node' },
    ...{ sourcemap: 'linked', sourcesContent: false, ...options },
  });
}

it.each([
  ['a bundle of a checkout', 'bundles/main.cjs', { format: 'cjs' }],
  ['a bundle of the package', 'main.mjs', { format: 'esm', minifySyntax: true, minifyWhitespace: true }],
] as const)('name the sources of %s', (_, outfile, options) => {
  build(outfile, options);
  expect(stackIn(outfile)).toBe(EXPECTED());
});

it('hold a source map only as long as somebody reads them', () => {
  const lines = Array.from({ length: 20_000 }, (_, line) => `export const unused${line} = (): number => ${line};\n`);
  appendFileSync(join(folder, 'sources/main.ts'), lines.join(''));
  build('main.cjs', { format: 'cjs' });
  const code = `${imported('stack')}
    const held = () => process.memoryUsage().arrayBuffers;
    const before = held();
    await stack();
    const looked = held() - before;
    await new Promise((resolve) => setImmediate(resolve));
    gc();
    console.log(JSON.stringify([looked, held() - before]));`;
  const [looked = 0, after = 0] = JSON.parse(printed(code, ['--expose-gc'])) as number[];
  expect(looked).toBeGreaterThan(1_000_000);
  expect(after).toBeLessThan(100_000);
});

it('name the sources for an object that gets the stack of where it is made, as in axios', () => {
  appendFileSync(
    join(folder, 'sources/main.ts'),
    `
export function stackOfObject(): string {
  const made = { stack: '' };
  Error.captureStackTrace(made);
  return made.stack;
}
`,
  );
  build('main.cjs', { format: 'cjs' });
  expect(printed(`${imported('stackOfObject')} console.log(stackOfObject());`)).toContain(
    `at stackOfObject (${folder}/sources/main.ts:`,
  );
});

it('read no source map for an error of another context', () => {
  appendFileSync(
    join(folder, 'sources/main.ts'),
    `import { runInNewContext } from 'node:vm';

export function stackOfOther(): string {
  return runInNewContext('try { call(); } catch (thrown) { thrown.stack }', { call: () => runInNewContext('null.x') });
}
`,
  );
  build('main.cjs', { format: 'cjs' });
  const traced = printed(`${imported('stackOfOther')} console.log(stackOfOther());`);
  expect(traced).toMatch(/\nTypeError: .*\n {4}at evalmachine/);
  expect(traced).toMatch(/\n {4}at stackOfOther \(.*\/main\.cjs:\d+:\d+\)\n/);
});

it('name the bundle if its source map is damaged', () => {
  build('main.cjs', { format: 'cjs' });
  writeFileSync(join(folder, 'main.cjs.map'), '{"version":3,');
  expect(stackIn('main.cjs')).toMatch(/^TypeError: a\nb\n {4}at thrower \(.*\/main\.cjs:\d+:\d+\)\n/);
});

it('name the bundle if its sources have no path, as in packages of others', () => {
  build('main.cjs', { format: 'cjs' });
  const map = join(folder, 'main.cjs.map');
  const text = readFileSync(map, 'utf8').replaceAll('"sources/', '"webpack://sources/');
  expect(text).toContain('webpack:');
  writeFileSync(map, text);
  expect(stackIn('main.cjs')).toMatch(/^TypeError: a\nb\n {4}at thrower \(.*\/main\.cjs:\d+:\d+\)\n/);
});

it('name the bundle where it has code without a source', () => {
  build('main.cjs', {
    format: 'cjs',
    banner: { js: "exports.stack = async () => { try { throw new Error('banner'); } catch (e) { return e.stack; } };" },
    footer: { js: 'module.exports = exports;' },
    entryPoints: ['sources/thrower.ts'],
  });
  expect(stackIn('main.cjs')).toMatch(/^Error: banner\n {4}at .*\(.*\/main\.cjs:1:\d+\)/);
});

it('are made for an error whose own text cannot be made', () => {
  const code = `const error = new Error();
    Object.defineProperty(error, 'name', { get() { throw new Error('no name'); } });
    console.log(error.stack.split('\\n')[0]);`;
  expect(printed(code)).toBe('<error>\n');
});
