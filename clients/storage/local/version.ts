import type { BigIntStats } from 'node:fs';
import type { ObjectVersion } from '../storage';

/** Size, time of change, which tools can set, and of any change of the inode, which they cannot, and inode. */
export function versionOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): ObjectVersion {
  return `${size}-${mtimeNs}-${ctimeNs}-${ino}`;
}
