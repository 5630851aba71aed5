import { Command } from 'commander';
import { refuseCompaction } from '../../../activities/druid/compaction-look';
import { createDruidClient } from '../../../clients/druid';
import { refuseConflicts } from '../../../engines/pipeline/neighbour-pipelines';
import { loadPipeline } from '../../../engines/load-pipeline';
import { pipelineVersion } from '../../../engines/pipeline/pipeline-version';
import { readConfig } from '../../../worker/config';
import { print, printJson, progress } from '../../output/print';
import { table } from '../../output/table';
import { warnOfUncompared } from '../../output/uncompared';

export function pipelineCommand(): Command {
  return new Command('pipeline')
    .description('check a pipeline folder')
    .addCommand(
      new Command('check')
        .description(
          'check pipeline.yaml, transform.sql and the tables of a folder, and whether it conflicts with the folders beside it',
        )
        .argument('<folder>', 'the pipeline folder')
        .option('--connect', 'also ask Druid whether its compaction fits recomputed days', false)
        .option('--json', 'print JSON', false)
        .action(check),
    );
}

async function check(folder: string, { json, connect }: { json: boolean; connect: boolean }): Promise<void> {
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
