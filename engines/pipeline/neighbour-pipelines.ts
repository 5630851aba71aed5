import { dirname, join } from 'node:path';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { conflictsBetween, loopThrough, type PipelineConflict } from '../../domain/pipeline-conflicts';
import { isMissing } from '../../clients/storage/local/fs-errors';
import type { ReadPipeline } from '../model/loaded-pipeline';
import { pipelineNames } from './pipelines-folder';
import { PIPELINE_FILE } from './pipeline-file';
import { readSettings } from './read-pipeline';

/** Another pipeline whose settings are wrong, so that it is unknown what it uses. */
export interface UnreadableNeighbour {
  /** Absolute path of its pipeline.yaml. */
  readonly file: string;
  readonly reason: string;
}

export interface ConflictOptions {
  /** Default: all. */
  readonly kinds?: readonly PipelineConflict['kind'][];
}

/**
 * Compares a pipeline with those in the neighbouring folders. Returns the pipelines that cannot be compared.
 *
 * Throws BAD_PIPELINE, with both files, settings and values, if it shares a topic, a datasource or the location of
 * its output with another pipeline although only one of them may use it.
 */
export async function refuseConflicts(
  { pipeline, folder }: ReadPipeline,
  { kinds = ['topic', 'datasource', 'location'] }: ConflictOptions = {},
): Promise<UnreadableNeighbour[]> {
  const parent = dirname(folder);
  const fileOf = (name: string): string => join(parent, name, PIPELINE_FILE);
  const { neighbours, unreadable } = await readNeighbours(parent, pipeline.name);
  const conflicts = neighbours
    .flatMap((other) => conflictsBetween(pipeline, other))
    .filter(({ kind }) => kinds.includes(kind));
  const loop = kinds.includes('topic') ? loopThrough(pipeline, neighbours) : undefined;
  const problems = [
    ...conflicts.map(({ setting, value, other }) => {
      const shared = `${other.setting} of the pipeline ${other.pipeline} is ${JSON.stringify(other.value)} (${fileOf(other.pipeline)})`;
      return `${fileOf(pipeline.name)}: ${setting} is ${JSON.stringify(value)}, and ${shared}`;
    }),
    ...(loop === undefined
      ? []
      : [
          `${fileOf(pipeline.name)}: kafka.outputTopic leads back to kafka.topic: ${[...loop, pipeline.name].join(' → ')}`,
        ]),
  ];
  if (problems.length === 0) return unreadable;
  throw new DaybreakError('BAD_PIPELINE', { what: problems.join('\n'), remedy: remedyOf(conflicts) });
}

function remedyOf(conflicts: readonly PipelineConflict[]): string {
  const has = (...settings: readonly string[]): boolean =>
    conflicts.some((one) => settings.includes(one.setting) && settings.includes(one.other.setting));
  return [
    'Give each of these settings a value that no other pipeline uses.',
    ...(has('kafka.deadLetterTopic') ? ['kafka.deadLetterTopic that is not set is kafka.topic with _dlq.'] : []),
    ...(has('kafka.topic')
      ? ['If both pipelines are to read the same events, set kafka.sharedTopic: true in both.']
      : has('kafka.topic', 'kafka.outputTopic')
        ? ['If one pipeline is to read the rows of the other, set kafka.sharedTopic: true in the one that reads.']
        : []),
  ].join(' ');
}

async function readNeighbours(
  parent: string,
  own: string,
): Promise<{ readonly neighbours: readonly Pipeline[]; readonly unreadable: UnreadableNeighbour[] }> {
  const neighbours: Pipeline[] = [];
  const unreadable: UnreadableNeighbour[] = [];
  for (const name of await pipelineNames(parent)) {
    if (name === own) continue;
    try {
      neighbours.push(await readSettings(join(parent, name)));
    } catch (thrown) {
      // A folder without a pipeline.yaml is not a pipeline.
      if (thrown instanceof DaybreakError && isMissing(thrown.cause)) continue;
      const reason = thrown instanceof DaybreakError ? thrown.what : messageOf(thrown);
      unreadable.push({ file: join(parent, name, PIPELINE_FILE), reason });
    }
  }
  return { neighbours, unreadable };
}
