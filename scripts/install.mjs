// A fresh clone has no node_modules yet: what runs first installs them, so only Node's own modules here.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const modified = (file) => (existsSync(root + file) ? statSync(root + file).mtimeMs : 0);

/** Installs the packages of package-lock.json, unless they are; ends the process where that fails. */
export function installPackages() {
  // npm writes this file last, so that it is older than the lock file exactly when an install is due.
  if (modified('node_modules/.package-lock.json') >= modified('package-lock.json')) return;
  process.stderr.write('Installing the packages of package-lock.json …\n');
  const options = ['--no-audit', '--no-fund', '--loglevel=error'];
  // npm's own output goes beside ours, so that a command's result on standard output stays clean.
  const install = spawnSync('npm', ['ci', ...options], { cwd: root, stdio: ['ignore', 2, 2] });
  if (install.status !== 0) process.exit(install.status ?? 1);
}
