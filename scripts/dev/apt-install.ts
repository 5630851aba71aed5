import { spawnSync } from 'node:child_process';
import { print } from '../output/print';

/** Installs Debian's packages if the user is root. Tests that need them say so if they are still missing. */
export function aptInstall(packages: readonly string[]): void {
  if (packages.length === 0 || process.getuid?.() !== 0) return;
  print();
  print(`> apt-get install ${packages.join(' ')}`);
  const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
  spawnSync('apt-get', ['update'], options);
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options);
}
