// Prints the bundle of the workflows: node make-workflow-bundle.mjs CONVERTERS, their paths as JSON. Only a checkout runs
// this: the published package has the bundle ready.
import { createRequire } from 'node:module';
import { bundle } from '../scripts/bundle.mjs';
import { nameSourcesInStackTraces } from '../scripts/stack-traces.mjs';

nameSourcesInStackTraces();
const { makeWorkflowBundle } = createRequire(import.meta.url)(await bundle('worker/workflow-bundle.ts'));
process.stdout.write(await makeWorkflowBundle(JSON.parse(process.argv[2])));
