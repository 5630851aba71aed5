// A fresh clone has no node_modules yet. This file runs first and installs them, so it uses only Node's own modules.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Installs the packages of package-lock.json unless they are installed. Ends the process if that fails. */
export function installPackages() {
  if (areInstalled()) return;
  process.stderr.write('Installing the packages of package-lock.json …\n');
  const options = ['--no-audit', '--no-fund', '--loglevel=error'];
  // npm's output goes to standard error, so that standard output has only a command's result.
  const install = spawnSync('npm', ['ci', ...options], { cwd: root, stdio: ['ignore', 2, 2] });
  if (install.status !== 0) process.exit(install.status ?? 1);
}

/** Whether npm's record of what it installed has every wanted package. Packages for other platforms do not count. */
function areInstalled() {
  const [wanted, installed] = ['package-lock.json', 'node_modules/.package-lock.json'].map(packagesOf);
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(root + lockFile, 'utf8')).packages;
  } catch {
    return {};
  }
}
