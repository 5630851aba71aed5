import { build as bundle, type Metafile, type Plugin } from 'esbuild';
import { copyFile, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

/** What modules of CommonJS expect, also our own sources. It stands in each file of the bundle. */
const COMMONJS = `import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __fileURLToPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __filename = __fileURLToPath(import.meta.url);
const __dirname = __fileURLToPath(new URL('.', import.meta.url)).slice(0, -1);`;

/**
 * Translates and bundles the command line into `folder`. A command loads only the files that it needs. `external` are
 * packages that are loaded from node_modules. Returns which files are in it.
 */
export async function bundleSources(folder: string, external: readonly string[]): Promise<Metafile> {
  const shared = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
    metafile: true,
  } as const;
  const { metafile } = await bundle({
    ...shared,
    entryPoints: {
      main: 'scripts/cli/main.ts',
      'engines/duckdb/hours/hour-thread': 'engines/duckdb/hours/hour-thread.ts',
      'engines/sql-check/trial-process': 'engines/sql-check/trial-process.mjs',
      'workflow-worker-thread': 'node_modules/@temporalio/worker/lib/workflow/workflow-worker-thread.js',
    },
    ...{ outdir: folder, outExtension: { '.js': '.mjs' }, chunkNames: '[name]-[hash]' },
    ...{ splitting: true, format: 'esm', banner: { js: COMMONJS } },
    plugins: [sourceFolders, temporalCore, temporalWorker, externalPackages(external)],
  });
  // The SDK requires these by their paths, so each is a module of CommonJS with a copy of what it needs.
  const converters = ['worker/failure-converter.cjs', 'worker/payload-converter.cjs'];
  const outdir = join(folder, 'worker');
  await bundle({ ...shared, entryPoints: converters, outdir, outExtension: { '.js': '.cjs' }, format: 'cjs' });
  // The SDK's source maps of workflows are read by a module that lies beside its code.
  await copyFile('node_modules/source-map/lib/mappings.wasm', join(folder, 'mappings.wasm'));
  return metafile;
}

/** `__dirname` of a source becomes the folder of the same name below the bundle. */
const sourceFolders: Plugin = {
  name: 'source folders',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const below = `(__dirname + ${JSON.stringify(`/${relative(resolve(), dirname(path))}`)})`;
      return { contents: (await readFile(path, 'utf8')).replaceAll('__dirname', below), loader: 'ts' };
    });
  },
};

/**
 * Loads packages by `require` when they are first needed, with the default exports that the sources expect. An import of
 * Node would differ in both.
 */
const externalPackages = (names: readonly string[]): Plugin => ({
  name: 'external packages',
  setup(build) {
    const isExternal = (path: string): boolean => names.some((name) => path === name || path.startsWith(`${name}/`));
    build.onResolve({ filter: /^[^./]/ }, ({ path, namespace }) => {
      if (!isExternal(path)) return undefined;
      return namespace === 'external' ? { path, external: true } : { path, namespace: 'external' };
    });
    build.onLoad({ filter: /.*/, namespace: 'external' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      resolveDir: resolve(),
    }));
  },
});

/** The JavaScript of Temporal's core is bundled; its native part stays in its package, which has one for each platform. */
const temporalCore: Plugin = {
  name: 'Temporal’s core',
  setup(build) {
    const main = resolve('node_modules/@temporalio/core-bridge/index.js');
    build.onResolve({ filter: /^@temporalio\/core-bridge$/ }, ({ path, kind }) =>
      kind === 'require-resolve' ? { path, external: true } : { path: main },
    );
    build.onLoad({ filter: /@temporalio\/core-bridge\/common\.js$/ }, async ({ path }) => ({
      contents: replaced(
        await readFile(path, 'utf8'),
        "path.resolve(__dirname, 'releases'",
        "path.resolve(require.resolve('@temporalio/core-bridge'), '../releases'",
        path,
      ),
    }));
  },
};

/** The text with the one occurrence of `from` replaced. */
function replaced(text: string, from: string, to: string, path: string): string {
  if (text.split(from).length !== 2) throw new Error(`${path} is not as it was: it lacks ${from}`);
  return text.replace(from, to);
}

/**
 * The SDK bundles workflows by webpack and swc, which are large and slow to load. A package has its workflows bundled.
 * The SDK also starts a file of its own as a worker thread.
 */
const temporalWorker: Plugin = {
  name: 'Temporal’s worker',
  setup(build) {
    build.onLoad({ filter: /@temporalio\/worker\/lib\/workflow\/bundler\.js$/ }, () => ({
      contents: 'exports.defaultWorkflowInterceptorModules = [];',
    }));
    build.onLoad({ filter: /@temporalio\/worker\/lib\/workflow\/threaded-vm\.js$/ }, async ({ path }) => ({
      contents: replaced(
        await readFile(path, 'utf8'),
        "require.resolve('./workflow-worker-thread')",
        "__dirname + '/workflow-worker-thread.mjs'",
        path,
      ),
    }));
  },
};
