#!/usr/bin/env node
// The `daybreak` command. A checkout runs the TypeScript sources, so that nobody can forget a build step. The published
// package has no sources, and runs what `npm pack` made of them.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

// With source maps, stack traces name the sources and not the bundle.
process.setSourceMapsEnabled(true);
(await load()).start();

async function load() {
  if (!existsSync(new URL('cli/main.ts', import.meta.url))) return import('../dist/main.mjs');
  const { bundle } = await import('./bundle.mjs');
  return createRequire(import.meta.url)(await bundle('scripts/cli/main.ts'));
}
