// A fresh clone has no node_modules yet: what runs first installs them, so only Node's own modules here.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Installs the packages of package-lock.json, unless they are; ends the process where that fails. Without `dev` it is content
 * with those that a user needs, as an image has them.
 */
export function installPackages({ dev }) {
  if (areInstalled(dev)) return;
  process.stderr.write('Installing the packages of package-lock.json …\n');
  const options = ['--no-audit', '--no-fund', '--loglevel=error'];
  // npm's own output goes beside ours, so that a command's result on standard output stays clean.
  const install = spawnSync('npm', ['ci', ...options], { cwd: root, stdio: ['ignore', 2, 2] });
  if (install.status !== 0) process.exit(install.status ?? 1);
}

/** Whether npm's note of what it installed has every package that is wanted, but those that are for other platforms. */
function areInstalled(withDev) {
  const [wanted, installed] = ['package-lock.json', 'node_modules/.package-lock.json'].map(packagesOf);
  return Object.entries(wanted).every(
    ([path, { version, optional, dev }]) =>
      path === '' || optional || (dev && !withDev) || installed[path]?.version === version,
  );
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(root + lockFile, 'utf8')).packages;
  } catch {
    return {};
  }
}
