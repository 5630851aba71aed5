import { Option } from 'commander';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PIPELINE_FILE } from '../../engines/pipeline/pipeline-file';

const EXAMPLE = 'events';

/**
 * `--pipeline <name>`, the same for every command. Without it DAYBREAK_PIPELINE names the pipeline, else it is the only
 * one of the pipelines' folder, else `events` if that is there. Where nothing says it, it must be given.
 */
export function pipelineOption(): Option {
  const names = pipelineNames();
  const [only, ...others] = names;
  const option = new Option('--pipeline <name>', 'name of the pipeline').env('DAYBREAK_PIPELINE');
  if (only !== undefined && others.length === 0) return option.default(only);
  if (only === undefined || names.includes(EXAMPLE)) return option.default(EXAMPLE);
  return option.makeOptionMandatory();
}

/** The pipelines of the folder. Read at once: commander wants its defaults before it parses. */
export function pipelineNames(): string[] {
  const folder = process.env['DAYBREAK_PIPELINES'] ?? 'pipelines';
  try {
    return readdirSync(folder).filter((name) => existsSync(join(folder, name, PIPELINE_FILE)));
  } catch {
    // A command that needs the folder says what is wrong with it.
    return [];
  }
}
