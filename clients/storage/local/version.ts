import type { BigIntStats } from 'node:fs';
import type { ObjectVersion } from '../storage';

/** Size, modification time (which tools can set), change time of the inode (which they cannot set) and inode. */
export function versionOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): ObjectVersion {
  return `${size}/${mtimeNs}/${ctimeNs}/${ino}`;
}
