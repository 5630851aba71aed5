import * as z from 'zod';
import type { ObjectVersion } from '../storage';

/** Milliseconds: no Date is later, or so much before 1970. */
const LATEST = 8.64e15;

const fileStatus = z.object({
  /** A name in the folder; empty for the file or folder itself. */
  pathSuffix: z.string().regex(/^(?!\.{1,2}$)[^/]*$/),
  type: z.string(),
  length: z.int().nonnegative(),
  modificationTime: z.int().min(-LATEST).max(LATEST),
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
