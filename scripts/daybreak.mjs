#!/usr/bin/env node
// The `daybreak` command: runs the TypeScript sources as they are, so that no build step can be forgotten.
import { createRequire } from 'node:module';
import { installPackages } from './install.mjs';

installPackages();
const { register } = await import('tsx/cjs/api');
register();
createRequire(import.meta.url)('./main.ts').main(process.argv);
