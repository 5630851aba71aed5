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
  /** The name of the pipeline, for remedies. */
  readonly pipeline?: string;
}

/**
 * Where a pipeline's days are published.
 *
 * @param folder <data>/<pipeline>.
 */
export function outputPlaceOf(pipeline: Pipeline, folder: string): OutputPlace {
  return { location: outputLocationOf(pipeline, folder), scratch: join(folder, 'output'), pipeline: pipeline.name };
}

/** The local folder that a build writes to: the output itself, or the scratch of another storage. */
export function writtenFolder({ location, scratch = join(tmpdir(), 'daybreak-builds') }: OutputPlace): string {
  const found = locationOf(location);
  return found.kind === 'local' ? found.folder : scratch;
}

/**
 * Uses the output of a day. Throws BAD_CONFIGURATION if the location or a variable of its storage is wrong, and
 * BAD_DATE: a date may come from a workflow's caller.
 */
export async function withOutput<T>(
  place: OutputPlace,
  date: BusinessDate,
  use: (output: DayOutput) => Promise<T>,
): Promise<T> {
  const found = locationOf(place.location);
  if (found.kind === 'local') return use(localOutput(found.folder, date, place.pipeline));
  const [{ openStorage }, { storedOutput }] = await Promise.all([
    import('../../clients/storage/open-storage'),
    import('./stored/stored-output'),
  ]);
  const storage = await openStorage(found);
  try {
    return await use(storedOutput(storage, date, versionsFolder(writtenFolder(place), date), place.pipeline));
  } finally {
    storage.close();
  }
}
