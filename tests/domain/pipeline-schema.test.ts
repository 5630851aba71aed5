import { readFileSync } from 'node:fs';
import { pipelineJsonSchema } from '../../domain/pipeline';

it('is published as it is (npm run schema writes it anew)', () => {
  expect(JSON.parse(readFileSync('docs/pipeline.schema.json', 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(pipelineJsonSchema())),
  );
});
