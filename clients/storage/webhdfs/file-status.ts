import * as z from 'zod';
import type { ObjectVersion } from '../storage';

const fileStatus = z.object({
  pathSuffix: z.string(),
  type: z.string(),
  length: z.number(),
  modificationTime: z.number(),
  /** HttpFS gives no inode. */
  fileId: z.number().default(0),
});
export type FileStatus = z.infer<typeof fileStatus>;

export const oneStatus = z.object({ FileStatus: fileStatus });
export const listedStatuses = z.object({
  DirectoryListing: z.object({
    partialListing: z.object({ FileStatuses: z.object({ FileStatus: z.array(fileStatus) }) }),
    remainingEntries: z.number(),
  }),
});

/** Whether the file is the same one and has at least as many bytes. */
export function hasGrown(before: FileStatus, after: FileStatus): boolean {
  return after.fileId !== 0 && after.fileId === before.fileId && after.length >= before.length;
}

export function versionOf({ fileId, modificationTime, length }: FileStatus): ObjectVersion {
  return `${fileId}-${modificationTime}-${length}`;
}
