import { randomUUID } from 'node:crypto';
import { badKey } from './errors';

/** The prefix of names that only unfinished writes have. */
const RESERVED = '.daybreak-';

/** Whether the last part of a name belongs to an unfinished write. */
export function isUnfinished(key: string): boolean {
  return key.slice(key.lastIndexOf('/') + 1).startsWith(RESERVED);
}

/** A unique name next to `key`. */
export function unfinishedName(key: string): string {
  return `${folderOf(key)}${RESERVED}${randomUUID()}.part`;
}

/** The name, next to `key`, by which its writers lock it. */
export function lockedName(key: string): string {
  return `${folderOf(key)}${RESERVED}${key.slice(key.lastIndexOf('/') + 1)}`;
}

/** Empty, or ends with '/'. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

/** The parts of a name on a storage that has folders. Throws STORAGE_REFUSED if a part could point to another place. */
export function partsOf(key: string): string[] {
  const parts = key.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw badKey(key, "has an empty part, '.' or '..'");
  if (key.includes('\0')) throw badKey(key, 'has a zero byte');
  return parts;
}

/** The same for a name that is written or removed. */
export function ownPartsOf(key: string): string[] {
  const parts = partsOf(key);
  if (parts.some((part) => part.startsWith(RESERVED))) throw badKey(key, `has a part that begins with ${RESERVED}`);
  return parts;
}

/** The parts of a folder's name, which ends with '/'; empty for the location itself. */
export function folderParts(folder: string): string[] {
  if (folder === '') return [];
  if (!folder.endsWith('/')) throw badKey(folder, "is no folder: it does not end with '/'");
  return partsOf(folder.slice(0, -1));
}

/** The same for a folder that is removed as a whole. */
export function ownFolderParts(folder: string): string[] {
  if (folder === '') throw badKey(folder, 'is the whole location, which is never removed');
  return folderParts(folder);
}
