import { refuseCompaction } from '../../../activities/druid/compaction-poll';
import { createDruidClient } from '../../../clients/druid';
import { loadPipeline } from '../../../engines/load-pipeline';
import { refuseConflicts } from '../../../engines/pipeline/neighbour-pipelines';
import { pipelineVersion } from '../../../engines/pipeline/pipeline-version';
import { readConfig } from '../../../worker/config';
import { print, printJson, progress } from '../../output/print';
import { table } from '../../output/table';
import { warnOfUncompared } from '../../output/uncompared';

export interface CheckOptions {
  readonly json: boolean;
  readonly connect: boolean;
}

export async function check(folder: string, { json, connect }: CheckOptions): Promise<void> {
  const loaded = await loadPipeline(folder);
  const notCompared = await refuseConflicts(loaded);
  const warnings = connect ? await refuseCompaction(createDruidClient(readConfig().druid), loaded) : [];
  const { pipeline, outputColumns, hashes } = loaded;
  if (json) {
    printJson({ pipeline, outputColumns, hashes, version: pipelineVersion(hashes), notCompared, warnings });
    return;
  }
  print(table([['output column', 'type'], ...outputColumns.map(({ name, type }) => [name, type])]));
  warnOfUncompared(notCompared);
  for (const warning of warnings) progress(`Druid's compaction: ${warning}`);
  print(`${pipeline.name}: every check passed, version ${pipelineVersion(hashes)}`);
}
