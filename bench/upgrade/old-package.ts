import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { progress } from '../../scripts/output/print';
import { cached } from '../../scripts/stack/fetch/cache';

const QUIET = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

/** The `daybreak` program of an older commit of this repository, packed and installed as users do. Made once a commit. */
export async function oldPackage(commit: string): Promise<string> {
  const repository = resolve(__dirname, '../..');
  const run = async (folder: string, command: string, ...args: string[]): Promise<string> => {
    progress(`${command} ${args.join(' ')}`);
    const { stdout } = await promisify(execFile)(command, args, { cwd: folder, maxBuffer: 2 ** 26 });
    return stdout.trim();
  };
  const hash = await run(repository, 'git', 'rev-parse', '--short=10', `${commit}^{commit}`);
  const installed = await cached(`bench-upgrade-${hash}`, async (staging) => {
    const checkout = await mkdtemp(join(tmpdir(), 'daybreak-old-'));
    try {
      await run(repository, 'git', 'clone', '--quiet', '--no-checkout', repository, checkout);
      await run(checkout, 'git', 'checkout', '--quiet', hash);
      await run(checkout, 'npm', 'ci', ...QUIET);
      const packed = await run(checkout, 'npm', 'pack', '--loglevel=error', '--pack-destination', checkout);
      await writeFile(join(staging, 'package.json'), '{"private":true}');
      await run(staging, 'npm', 'install', ...QUIET, join(checkout, packed.split('\n').at(-1) ?? ''));
    } finally {
      await rm(checkout, { recursive: true, force: true });
    }
  });
  return join(installed, 'node_modules/daybreak/scripts/daybreak.mjs');
}
