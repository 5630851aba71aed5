import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DaybreakError, messageOf } from '../../domain/errors';

/** <pipelinesFolder>/<name>. Throws UNKNOWN_PIPELINE with the names of the existing pipelines. */
export async function folderNamed(pipelinesFolder: string, name: string): Promise<string> {
  const names = await pipelineNames(pipelinesFolder);
  if (names.includes(name)) return join(pipelinesFolder, name);
  throw new DaybreakError('UNKNOWN_PIPELINE', {
    what: `there is no pipeline '${name}' in ${pipelinesFolder}`,
    remedy: names.length === 0 ? 'Add a folder with a pipeline.yaml there.' : `Use one of: ${names.join(', ')}.`,
  });
}

/** The names of the pipelines in a folder, in order. */
export async function pipelineNames(pipelinesFolder: string): Promise<string[]> {
  try {
    const files = await readdir(pipelinesFolder, { withFileTypes: true });
    return files
      .filter((file) => file.isDirectory() && !file.name.startsWith('.'))
      .map(({ name }) => name)
      .sort();
  } catch (cause) {
    throw new DaybreakError('BAD_CONFIGURATION', {
      what: `the folder of pipelines ${pipelinesFolder} cannot be read: ${messageOf(cause)}`,
      remedy: 'Set DAYBREAK_PIPELINES to the folder that holds one folder a pipeline.',
      cause,
    });
  }
}
