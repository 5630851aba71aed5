#!/usr/bin/env node
// The `daybreak` command: runs the TypeScript sources as they are, so that no build step can be forgotten.
import { createRequire } from 'node:module';
import { bundle } from './bundle.mjs';

// The bundle keeps the names of the sources in stack traces.
process.setSourceMapsEnabled(true);
createRequire(import.meta.url)(await bundle('scripts/cli/main.ts')).main(process.argv);
