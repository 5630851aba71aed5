import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['activities', 'clients', 'domain', 'engines', 'scripts', 'worker', 'workflows'];
const HASH_CHARACTERS = 16;
const SETTINGS = ['tsconfig.json', 'package.json', 'package-lock.json', 'node_modules/.package-lock.json'];
/**
 * Packages that many commands load: the bundle holds the parts of them that are used. Other packages are loaded from
 * node_modules.
 */
const BUNDLED = [
  ...['@date-fns/tz', '@duckdb/node-api', 'chalk', 'cli-table3', 'commander'],
  ...['date-fns', 'proper-lockfile', 'string-width', 'wrap-ansi', 'yaml', 'zod'],
];

/**
 * The path of one CommonJS file that has the exports of `entry`, such as 'scripts/cli/main.ts'. It matches the current
 * sources: the first command after a change builds it. To find and translate hundreds of files takes longer than the
 * work of most commands.
 */
export async function bundle(entry) {
  const found = pathOf(entry);
  if (existsSync(found)) return found;
  installPackages();
  const made = pathOf(entry);
  try {
    await make(entry, made);
    return made;
  } catch (thrown) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(thrown.code)) throw thrown;
    // The checkout belongs to another user. The sources run as well, but start more slowly.
    return runnableSource(entry);
  }
}

/**
 * The path of `entry` itself. Registers a loader, so that Node can run TypeScript that `entry` requires or imports
 * later.
 */
export async function runnableSource(entry) {
  for (const tsx of [await import('tsx/cjs/api'), await import('tsx/esm/api')]) tsx.register();
  return join(root, entry);
}

/**
 * The file's name begins with a hash over everything that it is made of, and over the folder, because the bundle contains
 * its path.
 */
function pathOf(entry) {
  const hash = createHash('sha256').update(root);
  for (const file of [...SETTINGS, ...SOURCES.flatMap(sourcesIn)]) {
    const { mtimeMs, size } = statSync(root + file, { throwIfNoEntry: false }) ?? {};
    hash.update(`\n${file} ${mtimeMs} ${size}`);
  }
  return join(
    root,
    'node_modules/.cache/daybreak',
    `${hash.digest('hex').slice(0, HASH_CHARACTERS)}-${basename(entry, '.ts')}.cjs`,
  );
}

function sourcesIn(folder) {
  const files = readdirSync(root + folder, { recursive: true });
  return files.filter((file) => /\.[cm]?[jt]s$/.test(file)).map((file) => join(folder, file));
}

async function make(entry, path) {
  const { build, stop } = await import('esbuild');
  const { dependencies, devDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const folder = join(path, '..');
  mkdirSync(folder, { recursive: true });
  const sources = basename(path).slice(0, HASH_CHARACTERS);
  const outdated = readdirSync(folder).filter((file) => !file.startsWith('.') && !file.startsWith(sources));
  const { outputFiles } = await build({
    ...{ absWorkingDir: root, entryPoints: [entry], outfile: path, write: false, logLevel: 'warning' },
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'cjs', sourcemap: 'linked', sourcesContent: false },
    external: Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !BUNDLED.includes(name)),
    plugins: [{ name: 'own folders', setup: keepFolders }],
  });
  await stop();
  // The source map comes first, so that it exists before the file that names it.
  for (const file of outputFiles) {
    const staging = join(folder, `.${randomUUID()}`);
    writeFileSync(staging, file.contents);
    renameSync(staging, file.path);
  }
  for (const file of outdated) rmSync(join(folder, file), { force: true });
}

/** `__dirname` stays the folder of the source, because sources read files beside them. */
function keepFolders({ onLoad }) {
  onLoad({ filter: /\.ts$/ }, ({ path }) => ({
    contents: readFileSync(path, 'utf8').replaceAll('__dirname', JSON.stringify(join(path, '..'))),
    loader: 'ts',
  }));
}
