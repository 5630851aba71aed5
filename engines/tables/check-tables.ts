import { locationText } from '../../clients/storage/location';
import { businessDateOf } from '../../domain/business-date';
import { asDaybreakError } from '../../domain/errors';
import type { ReadPipeline } from '../model/loaded-pipeline';
import type { PlaceCheck } from '../model/place-check';
import { tableFileOn, tableLocation, withTableStorage } from './table-files';

/**
 * Finds the file of each table with a location that holds today, and reads one byte of it. Writes nothing. An error
 * that has a code becomes the check's failure.
 */
export function checkTables({ pipeline, folder }: ReadPipeline, now = new Date()): Promise<PlaceCheck[]> {
  const today = businessDateOf(now, pipeline.timeZone);
  const located = Object.entries(pipeline.tables).filter(([, table]) => table.location !== undefined);
  return Promise.all(
    located.map(async ([name, table]): Promise<PlaceCheck> => {
      const location = tableLocation(table, folder);
      const known = { of: 'table', table: name, place: locationText(location) } as const;
      const can: ('list' | 'read')[] = [];
      let file: string | undefined;
      try {
        await withTableStorage(location, async (storage) => {
          const { key, version, size } = await tableFileOn(storage, name, table, today);
          file = key;
          can.push('list');
          // An empty file has no first byte.
          for await (const chunk of storage.read(key, { version, end: Math.min(1, size) })) if (chunk.length > 0) break;
          can.push('read');
        });
        return { ...known, can, file };
      } catch (thrown) {
        return { ...known, can, file, failure: asDaybreakError(thrown) };
      }
    }),
  );
}
