import { scratchRoot } from '../../../clients/storage/local/scratch-folder';
import { locationOf } from '../../../clients/storage/location';
import { openStorage } from '../../../clients/storage/open-storage';
import { inputLocationOf, type Pipeline } from '../../../domain/pipeline';
import { join } from 'node:path';
import type { FileSink } from './file-sink';
import { folderSink } from './folder-sink';
import { objectSink } from './object-sink';

/**
 * The place where the pipeline's batch reads its files, or `output` instead: a folder or the address of a storage. Sends
 * no request yet. Throws BAD_CONFIGURATION if the location or a variable of its storage is wrong.
 *
 * @param data the folder of all data; see Config.data.
 */
export async function openFileSink(pipeline: Pipeline, data: string, output: string | undefined): Promise<FileSink> {
  const location = locationOf(output ?? inputLocationOf(pipeline, join(data, pipeline.name)));
  if (location.kind === 'local') return folderSink(location.folder, pipeline);
  return objectSink(await openStorage(location), pipeline, { scratch: scratchRoot(data, pipeline.name) });
}
