import { randomUUID } from 'node:crypto';
import type { Storage } from '../../../clients/storage';

/**
 * Opens a client before each test, and closes it after it.
 *
 * @param begin called with the client and the name of a new folder, which ends with '/'.
 */
export function eachInOwnFolder(
  open: () => Storage | Promise<Storage>,
  begin: (storage: Storage, folder: string) => void,
): void {
  let storage: Storage;
  beforeEach(async () => {
    storage = await open();
    begin(storage, `${randomUUID()}/`);
  });
  afterEach(() => {
    storage.close();
  });
}
