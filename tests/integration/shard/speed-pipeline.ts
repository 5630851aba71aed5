import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The repository's pipeline with its own name and topics, so that tests can share a Kafka. */
export interface SpeedPipeline {
  /** The folder that holds the pipeline's folder. */
  readonly pipelines: string;
  readonly folder: string;
  readonly name: string;
  readonly topic: string;
  readonly outputTopic: string;
  readonly deadLetterTopic: string;
  remove(): Promise<void>;
}

export async function speedPipeline(): Promise<SpeedPipeline> {
  const pipelines = await mkdtemp(join(tmpdir(), 'daybreak-pipelines-'));
  const name = `speed-${randomUUID().slice(0, 8)}`;
  const folder = join(pipelines, name);
  await cp('pipelines/events', folder, { recursive: true });
  const file = join(folder, 'pipeline.yaml');
  const yaml = (await readFile(file, 'utf8'))
    .replace(/^name: .*$/m, `name: ${name}`)
    .replace(/^ {2}topic: .*$/m, `  topic: ${name}-in`)
    .replace(/^ {2}outputTopic: .*$/m, `  outputTopic: ${name}-out`);
  await writeFile(file, yaml);
  return {
    pipelines,
    folder,
    name,
    topic: `${name}-in`,
    outputTopic: `${name}-out`,
    deadLetterTopic: `${name}-in_dlq`,
    remove: () => rm(pipelines, { recursive: true }),
  };
}
