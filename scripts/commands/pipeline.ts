import { Command } from 'commander';
import { refuseConflicts } from '../../engines/neighbour-pipelines';
import { loadPipeline } from '../../engines/pipeline-folder';
import { pipelineVersion } from '../../engines/pipeline-version';
import { print, printJson } from '../output/print';
import { table } from '../output/table';
import { warnOfUncompared } from '../output/uncompared';

export function pipelineCommand(): Command {
  return new Command('pipeline')
    .description('pipeline folders')
    .addCommand(
      new Command('check')
        .description(
          'check pipeline.yaml, transform.sql and the tables of a folder, and what it shares with the folders beside it',
        )
        .argument('<folder>', 'the pipeline folder')
        .option('--json', 'print JSON', false)
        .action(check),
    );
}

async function check(folder: string, { json }: { json: boolean }): Promise<void> {
  const loaded = await loadPipeline(folder);
  const notCompared = await refuseConflicts(loaded);
  const { pipeline, outputColumns, hashes } = loaded;
  if (json) {
    printJson({ pipeline, outputColumns, hashes, version: pipelineVersion(hashes), notCompared });
    return;
  }
  print(table([['output column', 'type'], ...outputColumns.map(({ name, type }) => [name, type])]));
  warnOfUncompared(notCompared);
  print(`${pipeline.name}: every check passed, version ${pipelineVersion(hashes)}`);
}
