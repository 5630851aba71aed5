import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../domain/errors';
import { ignoreMissing } from '../../clients/storage/local/fs-errors';
import { replaceFile } from '../../clients/storage/local/replace-file';
import { realtimeFolder } from '../../engines/pipeline/pipeline-copies';
import type { PipelineFolders } from './accepted-pipelines';

const FILE = 'prepared';

/** The setup that this machine prepared last for a pipeline, as `setupOf` names it; undefined if there is none. */
export async function preparedSetup({ data }: PipelineFolders, pipeline: string): Promise<string | undefined> {
  return readFile(join(realtimeFolder(data, pipeline), FILE), 'utf8').catch(ignoreMissing);
}

/** A failure to store it is harmless: a layer that starts without Druid then only knows less. */
export async function storePreparedSetup(
  { data, logger }: PipelineFolders,
  pipeline: string,
  setup: string,
): Promise<void> {
  const folder = realtimeFolder(data, pipeline);
  try {
    await mkdir(folder, { recursive: true });
    await replaceFile(join(folder, FILE), setup);
  } catch (thrown) {
    logger.warn({ pipeline, reason: messageOf(thrown) }, 'could not store which setup is prepared');
  }
}
