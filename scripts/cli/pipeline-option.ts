import { Option, type Command } from 'commander';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DaybreakError } from '../../domain/errors';
import { PIPELINE_FILE } from '../../engines/pipeline/pipeline-file';

const EXAMPLE = 'events';
const VARIABLE = 'DAYBREAK_PIPELINE';

/**
 * `--pipeline <name>`, the same for every command. Without it DAYBREAK_PIPELINE names the pipeline, else it is the only
 * one of the pipelines' folder, else `events` if that is there. Where nothing says it, it must be given.
 */
export function pipelineOption(): Option {
  const option = nameOption();
  return option.defaultValue === undefined ? option.makeOptionMandatory() : option;
}

/** `--pipeline <name>` beside `--all`, with which it is not needed. `all` describes the latter. */
export function withPipelineOrAll(command: Command, all: string): Command {
  return command
    .addOption(nameOption())
    .option('--all', all, false)
    .hook('preAction', (self) => {
      const given = self.opts<{ readonly pipeline?: string; readonly all: boolean }>();
      if (!given.all && given.pipeline === undefined)
        self.error("error: required option '--pipeline <name>' not specified, nor --all");
    });
}

/** `[folder]` beside `--pipeline <name>`, for a command that also takes a pipeline from another place. */
export function withPipelineFolder(command: Command): Command {
  return command
    .argument('[folder]', 'the folder of the pipeline (default: that of --pipeline in DAYBREAK_PIPELINES)')
    .addOption(nameOption());
}

/**
 * The folder of the pipeline that such a command line says. Its `--pipeline` takes a path, too, as `batch build` did
 * before it took names. Throws UNKNOWN_PIPELINE. A folder and a name together are wrong usage.
 */
export async function pipelineFolder(folder: string | undefined, command: Command): Promise<string> {
  const { pipeline } = command.opts<{ readonly pipeline?: string }>();
  if (folder !== undefined) {
    if (command.getOptionValueSource('pipeline') !== 'cli') return folder;
    return command.error('error: give the folder of the pipeline, or its name by --pipeline, and not both');
  }
  if (pipeline === undefined) return command.error('error: give the name of the pipeline by --pipeline, or its folder');
  if (isPath(pipeline)) return pipeline;
  const { folderNamed } = await import('../../engines/pipeline/pipelines-folder');
  return folderNamed(pipelinesFolder(), pipeline);
}

/** What a command ended with. The remedy names the variable if it gave a pipeline that the folder of pipelines lacks. */
export function namingVariable(thrown: unknown, command: Command | undefined): unknown {
  if (!(thrown instanceof DaybreakError) || thrown.code !== 'UNKNOWN_PIPELINE') return thrown;
  if (command?.getOptionValueSource('pipeline') !== 'env') return thrown;
  if (pipelineNames().includes(process.env[VARIABLE] ?? '')) return thrown;
  const { code, what, remedy, cause } = thrown;
  return new DaybreakError(code, { what, remedy: `Correct ${VARIABLE}, or give --pipeline. ${remedy}`, cause });
}

/** The pipelines of the folder. Read at once: commander wants its defaults before it parses. */
export function pipelineNames(): string[] {
  const folder = pipelinesFolder();
  try {
    return readdirSync(folder).filter((name) => existsSync(join(folder, name, PIPELINE_FILE)));
  } catch {
    // A command that needs the folder says what is wrong with it.
    return [];
  }
}

function nameOption(): Option {
  const names = pipelineNames();
  const [only, ...others] = names;
  const option = new Option('--pipeline <name>', 'name of the pipeline');
  // An empty variable counts as one that is not set.
  if (process.env[VARIABLE] !== '') option.env(VARIABLE);
  if (only !== undefined && others.length === 0) return option.default(only);
  return only === undefined || names.includes(EXAMPLE) ? option.default(EXAMPLE) : option;
}

function pipelinesFolder(): string {
  return process.env['DAYBREAK_PIPELINES'] ?? 'pipelines';
}

/** A word without a slash is a path only where it names no pipeline. */
function isPath(pipeline: string): boolean {
  if (/[/\\]|^\.\.?$/.test(pipeline)) return true;
  return !pipelineNames().includes(pipeline) && existsSync(join(pipeline, PIPELINE_FILE));
}
