import { Command } from 'commander';
import { loadPipeline } from '../../engines/pipeline-folder';
import { print, printJson } from '../output/print';
import { table } from '../output/table';

export function pipelineCommand(): Command {
  return new Command('pipeline')
    .description('pipeline folders')
    .addCommand(
      new Command('check')
        .description('check pipeline.yaml, transform.sql and the tables of a folder; shows the output columns')
        .argument('<folder>', 'the pipeline folder')
        .option('--json', 'print JSON', false)
        .action(check),
    );
}

async function check(folder: string, { json }: { json: boolean }): Promise<void> {
  const { pipeline, outputColumns, hashes } = await loadPipeline(folder);
  if (json) {
    printJson({ pipeline, outputColumns, hashes });
    return;
  }
  print(table([['output column', 'type'], ...outputColumns.map(({ name, type }) => [name, type])]));
  print(`${pipeline.name}: every check passed`);
}
