// The file of a thread that builds hours. A checkout runs the TypeScript source beside it, which is bundled first, since a
// thread that translates sources starts too slowly. The published package has a bundle in the place of this file.
import { createRequire } from 'node:module';
import { bundle } from '../../../scripts/bundle.mjs';

createRequire(import.meta.url)(await bundle('engines/duckdb/hours/hour-thread.ts'));
