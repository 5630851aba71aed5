import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { print } from '../output/print';

/** A Chromium on this machine: CHROMIUM_PATH, else the first on the PATH. Undefined if there is none. */
export function findChromium(): string | undefined {
  const given = process.env['CHROMIUM_PATH'];
  if (given !== undefined && given !== '') return given;
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
    .find((file) => existsSync(file));
}

/**
 * Installs Debian's Chromium for the tests if there is none and the user is root. If it is still missing, the tests say
 * so.
 */
export function ensureChromium(): void {
  if (findChromium() !== undefined || process.getuid?.() !== 0) return;
  print();
  print('> apt-get install chromium');
  const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
  spawnSync('apt-get', ['update'], options);
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], options);
}
