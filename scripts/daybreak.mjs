#!/usr/bin/env node
// The `daybreak` command. It runs the TypeScript sources directly, so that nobody can forget a build step.
import { createRequire } from 'node:module';
import { bundle } from './bundle.mjs';

// With source maps, stack traces name the sources and not the bundle.
process.setSourceMapsEnabled(true);
createRequire(import.meta.url)(await bundle('scripts/cli/main.ts')).main(process.argv);
