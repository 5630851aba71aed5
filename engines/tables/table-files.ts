import type { Storage, StoredObject } from '../../clients/storage';
import { locationOf, type StorageLocation } from '../../clients/storage/location';
import { openStorage } from '../../clients/storage/open-storage';
import type { RetryPolicy } from '../../clients/storage/retry';
import type { BusinessDate } from '../../domain/business-date';
import { DaybreakError } from '../../domain/errors';
import { forDate } from '../../domain/file-pattern';
import type { Pipeline } from '../../domain/pipeline';
import { dateOfVersion, isByDate, prefixOfVersions, versionOn, type DatedFile } from '../../domain/table-file';

export type Table = Pipeline['tables'][string];

/** Less than a minute in all: realtime waits for it at each start, and has a copy if there is no answer. */
const SHORT_RETRY: RetryPolicy = { attempts: 4, firstPauseMs: 200, longestPauseMs: 2_000, idleMs: 10_000 };

/** Where the files of a table are. `folder` is that of the pipeline. */
export function tableLocation({ location }: Table, folder: string): StorageLocation {
  return locationOf(location ?? folder);
}

/** Uses the storage of a table, then closes it. */
export async function withTableStorage<T>(
  location: StorageLocation,
  use: (storage: Storage) => Promise<T>,
  retry = SHORT_RETRY,
): Promise<T> {
  const storage = await openStorage(location, { retry });
  try {
    return await use(storage);
  } finally {
    storage.close();
  }
}

/**
 * The file of a table that holds on a day, as it is now. Throws BAD_TABLE if there is none, and STORAGE_FAILED or
 * STORAGE_REFUSED.
 */
export async function tableFileOn(
  storage: Storage,
  name: string,
  { file: pattern }: Table,
  day: BusinessDate,
): Promise<StoredObject> {
  if (isByDate(pattern)) return versionIn(storage, name, pattern, day);
  const found = await storage.find(pattern);
  if (found !== undefined) return found;
  throw new DaybreakError('BAD_TABLE', {
    what: `the table ${name} cannot be read from ${storage.describe(pattern)}: it is not there`,
    remedy: 'Put the file there, or correct tables in pipeline.yaml.',
  });
}

async function versionIn(storage: Storage, name: string, pattern: string, day: BusinessDate): Promise<StoredObject> {
  const objects = new Map<string, StoredObject>();
  const files: DatedFile[] = [];
  for await (const object of storage.list(prefixOfVersions(pattern))) {
    const date = dateOfVersion(pattern, object.key);
    if (date === undefined) continue;
    files.push({ file: object.key, date });
    objects.set(object.key, object);
  }
  const { chosen, oldest } = versionOn(files, day);
  const found = objects.get(chosen?.file ?? '');
  if (found !== undefined) return found;
  const first = storage.describe(forDate(pattern, day));
  const put = `Put the table as it was then there as ${first}`;
  const copy = storage.kind === 's3' ? 'aws s3 cp' : 'hdfs dfs -cp';
  throw new DaybreakError('BAD_TABLE', {
    what:
      `the table ${name} has no version for ${day}: ${storage.describe('')} has no file ${pattern} of that day or an earlier one; ` +
      (oldest === undefined ? 'it has none of any day' : `the oldest is ${oldest.file}`),
    remedy:
      oldest === undefined
        ? `${put}.`
        : `${put}; or let the oldest hold from that day on: ${storage.kind === 'local' ? 'cp' : copy} '${storage.describe(oldest.file)}' '${first}'`,
  });
}
