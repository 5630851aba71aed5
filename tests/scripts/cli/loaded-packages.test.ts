import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { scratchFolder } from '../../engines/scratch';
import { NO_SERVERS } from './run-daybreak';

const root = scratchFolder();
const preload = join(root, 'preload.cjs');
const loaded = join(root, 'loaded.json');

beforeAll(async () => {
  const list = 'JSON.stringify(Object.keys(require.cache))';
  await writeFile(preload, `process.on('exit', () => require('fs').writeFileSync(process.env.LOADED, ${list}));`);
  await packagesOf('--help'); // Makes the bundle if there is none of these sources.
});

/**
 * The packages that a command line loads, such as '@temporalio/client', except the bundle and what is in it. Throws if the
 * command fails.
 */
async function packagesOf(...args: readonly string[]): Promise<string[]> {
  const env = { ...process.env, ...NO_SERVERS, LOADED: loaded, DAYBREAK_DATA: join(root, 'data') };
  await promisify(execFile)(process.execPath, ['--require', preload, resolve('scripts/daybreak.mjs'), ...args], {
    env,
  });
  return loadedPackages();
}

async function loadedPackages(): Promise<string[]> {
  const files = JSON.parse(await readFile(loaded, 'utf8')) as string[];
  const names = files.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/.][^/]*)/.exec(file)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

it.each([
  '--help',
  'init --help',
  'demo --help',
  'status --help',
  'worker --help',
  'feed --help',
  'speed start --help',
  'batch --help',
  'batch run --help',
  'report --help',
  'dlq replay --help',
])('daybreak %s loads no package of a server or of the engine', async (line) => {
  expect(await packagesOf(...line.split(' '))).toEqual([]);
});

it('status loads no client of a server before it has found its pipeline', async () => {
  await expect(packagesOf('status', '--pipeline', 'nothing')).rejects.toMatchObject({ code: 2 });
  expect((await loadedPackages()).filter((name) => !/^@duckdb\/|^detect-libc$/.test(name))).toEqual([]);
});

const KAFKA = ['kafkajs', '@node-rs/crc32'];

it.each([
  ['dlq list', KAFKA, 1],
  ['quarantine list', [], 0],
])('%s checks no SQL, and loads no other package than %j', async (line, packages, code) => {
  const ended = packagesOf(...line.split(' '), '--pipeline', 'events');
  await (code === 0 ? ended : expect(ended).rejects.toMatchObject({ code }));
  const found = await loadedPackages();
  expect(found.filter((name) => packages.every((one) => !name.startsWith(one)))).toEqual([]);
});

it('a build loads the engine, and does not where nothing changed', async () => {
  const [day, input, output] = [['--date', '2026-11-21'], join(root, 'input'), join(root, 'output')];
  expect(await packagesOf('feed', '--no-kafka', ...day, '--events', '100', '--output', input)).toContain('kafkajs');
  const build = ['batch', 'build', '--pipeline', 'pipelines/events', ...day, '--input', input, '--output', output];
  expect(await packagesOf(...build)).toContain('@duckdb/node-bindings');
  expect(await packagesOf(...build)).toEqual([]);
});
