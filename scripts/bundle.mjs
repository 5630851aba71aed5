import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['activities', 'clients', 'domain', 'engines', 'scripts', 'worker', 'workflows'];
const LOCK_FILES = ['package-lock.json', 'node_modules/.package-lock.json'];
/** Loaded by many commands; of these the bundle has what is used. Others are loaded from where npm put them. */
const BUNDLED = [
  ...['@date-fns/tz', '@duckdb/node-api', 'chalk', 'cli-table3', 'commander'],
  ...['date-fns', 'proper-lockfile', 'yaml', 'zod'],
];
/** The native part of @duckdb/node-api. */
const NATIVE = '@duckdb/node-bindings';

/**
 * The path of one CommonJS file that has what `entry`, such as 'scripts/main.ts', exports. It is of the sources as they
 * are: whoever comes first after a change makes it. To find and translate hundreds of files takes longer than the work of
 * most commands.
 */
export async function bundle(entry) {
  const found = pathOf(entry);
  if (existsSync(found)) return found;
  installPackages();
  const made = pathOf(entry);
  await make(entry, made);
  return made;
}

function pathOf(entry) {
  const hash = createHash('sha256').update(entry);
  for (const file of [...LOCK_FILES, ...SOURCES.flatMap(sourcesIn)]) {
    const { mtimeMs, size } = statSync(root + file, { throwIfNoEntry: false }) ?? {};
    hash.update(`\n${file} ${mtimeMs} ${size}`);
  }
  return join(root, 'node_modules/.cache/daybreak', `${hash.digest('hex').slice(0, 16)}.cjs`);
}

function sourcesIn(folder) {
  const files = readdirSync(root + folder, { recursive: true });
  return files.filter((file) => /\.[cm]?[jt]s$/.test(file)).map((file) => join(folder, file));
}

async function make(entry, path) {
  const { build } = await import('esbuild');
  const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const folder = join(path, '..');
  mkdirSync(folder, { recursive: true });
  const outdated = readdirSync(folder).filter((file) => file.endsWith('.cjs') && file !== basename(path));
  const staging = `${path}.${process.pid}`;
  await build({
    ...{ absWorkingDir: root, entryPoints: [entry], outfile: staging, logLevel: 'warning' },
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'cjs', mainFields: ['module', 'main'] },
    external: [NATIVE, ...Object.keys(dependencies).filter((name) => !BUNDLED.includes(name))],
    plugins: [{ name: 'own folders', setup: keepFolders }],
  });
  renameSync(staging, path);
  for (const file of outdated) rmSync(join(folder, file), { force: true });
}

/** `__dirname` goes on to be the folder of the source, beside which are files that it reads. */
function keepFolders({ onLoad }) {
  onLoad({ filter: /\.ts$/ }, ({ path }) => ({
    contents: readFileSync(path, 'utf8').replaceAll('__dirname', JSON.stringify(join(path, '..'))),
    loader: 'ts',
  }));
}
