#!/usr/bin/env node
// The `daybreak` command: runs the TypeScript sources as they are, so that no build step can be forgotten.
import { register } from 'tsx/cjs/api';
import { createRequire } from 'node:module';

register();
createRequire(import.meta.url)('./main.ts').main(process.argv);
