import { Command, Option } from 'commander';
import { ENGINES } from '../../../../domain/pipeline';
import type { BuildOptions } from '../../actions/batch/build-options';
import { requiredDate } from '../../day-option';
import { pipelineFolder, withPipelineFolder } from '../../pipeline-option';
import { wholeNumberFrom } from '../../whole-number';

export function batchBuildCommand(): Command {
  return withPipelineFolder(new Command('build'))
    .description("build one day's rows from its hourly files. Needs no server")
    .addOption(requiredDate())
    .requiredOption('--input <folder>', 'the folder with the hourly files, or its address in S3 or HDFS')
    .requiredOption(
      '--output <folder>',
      'the folder that gets <date>/HH.ndjson and <date>/_manifest.json, or an address in S3 or HDFS',
    )
    .addOption(
      new Option('--engine <engine>', "what runs the SQL (default: the pipeline's batch.engine)").choices(ENGINES),
    )
    .option(
      '--master <url>',
      "where Spark runs, such as spark://host:7077 (default: Spark's configuration, else local[*])",
    )
    .option('--force', 'build every hour, also the unchanged ones', false)
    .option(
      '--memory <MiB>',
      'how much memory DuckDB may use before it writes to disk (default: 1024)',
      wholeNumberFrom(1),
    )
    .option('--threads <n>', 'how many hours are built at once (default: one for each processor)', wholeNumberFrom(1))
    .option('--json', 'print the folder and the manifest as JSON', false)
    .action(async (folder: string | undefined, options: BuildOptions, command: Command) =>
      (await import('../../actions/batch/build')).run(await pipelineFolder(folder, command), options),
    );
}
