import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePipelineYaml } from '../../../engines/pipeline/pipeline-yaml';
import { DaybreakError } from '../../../domain/errors';
import { claim, type Target } from '../target';

const EXAMPLES = ['clicks', 'events', 'rides'];
const LONGEST_MESSAGE = 10_000;

/** A pipeline.yaml. */
export function open(): Promise<Target> {
  const seeds = EXAMPLES.map((name) => readFileSync(join('pipelines', name, 'pipeline.yaml'), 'utf8'));
  return Promise.resolve({
    seeds,
    words: [
      ...new Set(seeds.flatMap((text) => text.match(/[\w.%-]+:|\S+/g) ?? [])),
      ...[
        '&a ',
        '*a',
        '<<: *a',
        '!!binary ',
        '? ',
        '|\n',
        '>-\n',
        '__proto__: 1\n',
        '"\\u0000"',
        '9e999',
        '.nan',
        '~',
        '\t',
      ],
    ],
    read(input) {
      try {
        const pipeline = parsePipelineYaml(input.toString(), 'pipeline.yaml');
        claim(pipeline.name !== '' && pipeline.kafka.topic !== '', 'a pipeline without a name');
      } catch (thrown) {
        if (!(thrown instanceof DaybreakError) || thrown.code !== 'BAD_PIPELINE') throw thrown;
        claim(thrown.message.length < LONGEST_MESSAGE, `a message of ${thrown.message.length} characters`);
      }
    },
  });
}
