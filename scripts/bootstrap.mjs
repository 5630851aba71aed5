// `npm test` and `npm pack` start with this file. It runs a TypeScript file, on a fresh clone too.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installPackages } from './install.mjs';

installPackages();
const [script, ...args] = process.argv.slice(2);
const root = fileURLToPath(new URL('..', import.meta.url));
const run = spawnSync(process.execPath, ['--import', 'tsx', script, ...args], { cwd: root, stdio: 'inherit' });
process.exit(run.status ?? 1);
