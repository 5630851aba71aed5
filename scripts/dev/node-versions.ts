import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { cached } from '../stack/fetch/cache';
import { print } from '../output/print';

/**
 * `npm run test:nodes` runs this file: on each supported Node every unit test, and an installation of the package.
 * Arguments are tests to run instead.
 */
const VERSIONS = ['20.19.5', '22.23.3', '24.21.0', '26.12.1'];
/** Without a pattern, so that none of them can be forgotten. */
const UNIT = ['--selectProjects', 'unit'];
/** It starts the servers that it needs. */
const PACKAGE = ['--selectProjects', 'servers', '--', 'tests/integration/package'];

void run(process.argv.slice(2));

async function run(given: readonly string[]): Promise<void> {
  const runs = given.length === 0 ? [UNIT, PACKAGE] : [['--', ...given]];
  const failed: string[] = [];
  for (const version of VERSIONS) {
    const bin = await nodeBin(version);
    print(`> Node ${version}`);
    // npm and child processes find the same Node on the PATH.
    const env = { ...process.env, PATH: [bin, process.env['PATH'] ?? ''].join(delimiter) };
    const passed = runs.map((options) => {
      const args = ['node_modules/jest/bin/jest.js', ...options];
      return spawnSync(join(bin, 'node'), args, { env, stdio: 'inherit' }).status === 0;
    });
    if (passed.includes(false)) failed.push(version);
  }
  print(failed.length === 0 ? `passed on Node ${VERSIONS.join(', ')}` : `failed on Node ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

/** The folder of a Node's program, in the cache. npm has it as a package for each platform. */
async function nodeBin(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = await cached(`node-${version}`, (staging) => {
    const options = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', staging];
    const { status } = spawnSync('npm', ['install', ...options, `${name}@${version}`], { stdio: 'inherit' });
    return status === 0 ? Promise.resolve() : Promise.reject(new Error(`npm cannot install ${name}@${version}`));
  });
  return join(folder, 'node_modules', name, 'bin');
}
