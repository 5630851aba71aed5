import { writeFileSync } from 'node:fs';
import { pipelineJsonSchema } from '../domain/pipeline';

/** Writes docs/pipeline.schema.json anew: npm run schema, after every change of domain/pipeline.ts. */
writeFileSync('docs/pipeline.schema.json', `${JSON.stringify(pipelineJsonSchema(), undefined, 2)}\n`);
