import { join } from 'node:path';
import { locationOf } from '../../clients/storage/location';
import { RETRY } from '../../clients/storage/retry';
import { counted, writeCopy } from '../input/write-copy';
import type { TableVersion, TableVersions } from '../model/table-version';
import { withTableStorage } from './table-files';

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of bytes of each chunk that is copied. */
  readonly onFetched?: ((bytes: number) => void) | undefined;
}

/**
 * Copies the tables that only their storage has into a folder, each under its name. Throws STORAGE_CHANGED if one is not
 * the version any more that was chosen, STORAGE_FAILED, STORAGE_REFUSED, or OUTPUT_FAILED if the copy cannot be written.
 *
 * @param folder absolute path. It is made if it is needed, and the caller removes it.
 */
export async function fetchTables(
  tables: TableVersions,
  folder: string,
  options: FetchOptions = {},
): Promise<TableVersions> {
  const fetched: Record<string, TableVersion> = {};
  for (const [name, table] of Object.entries(tables)) {
    fetched[name] = table.local === undefined ? await fetchTable(table, folder, join(folder, name), options) : table;
  }
  return fetched;
}

async function fetchTable(
  table: TableVersion,
  folder: string,
  path: string,
  { signal, onFetched }: FetchOptions,
): Promise<TableVersion> {
  const { stored, place } = table;
  if (stored === undefined) throw new Error(`${place} is neither here nor in a storage`);
  const { location, key, version } = stored;
  // Unlike a look for the version, a copy is worth waiting for.
  return withTableStorage(
    locationOf(location),
    async (storage) => {
      const content = storage.read(key, { version, ...(signal && { signal }) });
      await writeCopy(place, counted(content, onFetched), path, signal);
      return { ...table, local: { folder, path } };
    },
    RETRY,
  );
}
