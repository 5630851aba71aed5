#!/usr/bin/env node
// The `daybreak` command: runs the TypeScript sources as they are, so that no build step can be forgotten.
import { register as registerRequire } from 'tsx/cjs/api';
import { register as registerImport } from 'tsx/esm/api';
import { createRequire } from 'node:module';

registerRequire();
registerImport();
createRequire(import.meta.url)('./main.ts').main(process.argv);
