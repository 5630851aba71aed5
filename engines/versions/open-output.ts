import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locationOf } from '../../clients/storage/location';
import type { BusinessDate } from '../../domain/business-date';
import { outputLocationOf, type Pipeline } from '../../domain/pipeline';
import type { DayOutput } from './day-output';
import { localOutput } from './local/local-output';
import { versionsFolder } from './local/kept-versions';

/** Where the days of a pipeline are published. */
export interface OutputPlace {
  /** A folder, or the address of a storage; see `locationOf`. */
  readonly location: string;
  /**
   * Absolute path of a local folder for what is not published yet, if the location is not local. Default: a folder of
   * the system's temporary folder.
   */
  readonly scratch?: string | undefined;
}

/**
 * Where a pipeline's days are published.
 *
 * @param folder <data>/<pipeline>.
 */
export function outputPlaceOf(pipeline: Pipeline, folder: string): OutputPlace {
  return { location: outputLocationOf(pipeline, folder), scratch: join(folder, 'output') };
}

/**
 * Uses the output of a day. Throws BAD_CONFIGURATION if the location or a variable of its storage is wrong, and
 * BAD_DATE: a date may come from a workflow's caller.
 */
export async function withOutput<T>(
  { location, scratch = join(tmpdir(), 'daybreak-builds') }: OutputPlace,
  date: BusinessDate,
  use: (output: DayOutput) => Promise<T>,
): Promise<T> {
  const found = locationOf(location);
  if (found.kind === 'local') return use(localOutput(found.folder, date));
  const [{ openStorage }, { storedOutput }] = await Promise.all([
    import('../../clients/storage/open-storage'),
    import('./stored/stored-output'),
  ]);
  const storage = await openStorage(found);
  try {
    return await use(storedOutput(storage, date, versionsFolder(scratch, date)));
  } finally {
    storage.close();
  }
}
