// What `npm run demo` and `npm test` start with: a fresh clone has no node_modules yet, so only Node's own modules here.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [script, ...args] = process.argv.slice(2);

const modified = (file) => (existsSync(root + file) ? statSync(root + file).mtimeMs : 0);
// npm writes this file last, so that it is older than the lock file exactly when an install is due.
if (modified('node_modules/.package-lock.json') < modified('package-lock.json')) {
  process.stderr.write('Installing the packages of package-lock.json …\n');
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (install.status !== 0) process.exit(install.status ?? 1);
}

const run = spawnSync(process.execPath, ['--import', 'tsx', script, ...args], { cwd: root, stdio: 'inherit' });
process.exit(run.status ?? 1);
