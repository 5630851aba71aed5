#!/usr/bin/env node
// The `daybreak` command. A checkout runs the TypeScript sources, so that nobody can forget a build step. The published
// package has no sources, and runs what `npm pack` made of them.
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { nameSourcesInStackTraces } from './stack-traces.mjs';

// Node from 22.8 on can keep compiled code for the next command. Not in the common temporary folder, where others may
// write. NODE_COMPILE_CACHE names another folder.
const { NODE_COMPILE_CACHE, DAYBREAK_CACHE, XDG_CACHE_HOME } = process.env;
const cache = DAYBREAK_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'daybreak');
module.enableCompileCache?.(NODE_COMPILE_CACHE || join(cache, 'compiled'));

nameSourcesInStackTraces();
(await load()).start();

async function load() {
  if (!existsSync(new URL('cli/main.ts', import.meta.url))) return import('../dist/main.mjs');
  const { bundle } = await import('./bundle.mjs');
  return createRequire(import.meta.url)(await bundle('scripts/cli/main.ts'));
}
