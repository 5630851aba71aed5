#!/usr/bin/env node
// The `daybreak` command: runs the TypeScript sources as they are, so that no build step can be forgotten.
import { createRequire } from 'node:module';
import { installPackages } from './install.mjs';

installPackages();
const { register: registerRequire } = await import('tsx/cjs/api');
const { register: registerImport } = await import('tsx/esm/api');
registerRequire();
registerImport();
createRequire(import.meta.url)('./main.ts').main(process.argv);
