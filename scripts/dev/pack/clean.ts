import { rmSync } from 'node:fs';
import { DIST, SHRINKWRAP } from './layout';

/** `npm pack` runs this file after it has packed. npm would take the shrinkwrap for the lock of the checkout. */
for (const file of [DIST, SHRINKWRAP]) rmSync(file, { recursive: true, force: true });
