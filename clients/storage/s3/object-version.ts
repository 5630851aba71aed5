import type { ObjectVersion } from '../storage';

/** What an answer says of an object. */
export interface ToldObject {
  readonly ETag?: string | undefined;
  readonly LastModified?: Date | undefined;
  /** In bytes. */
  readonly Size?: number | undefined;
}

/** No ETag has a blank. */
const BY_TIME = 'written at ';

/**
 * Its ETag. A gateway over a file system gives an empty one for a file that was put there without it: then the second in
 * which it was written, and its size. Undefined if the answer says neither.
 */
export function versionIn({ ETag, LastModified, Size }: ToldObject): ObjectVersion | undefined {
  if (ETag !== '') return ETag;
  if (LastModified === undefined || Size === undefined) return undefined;
  return `${BY_TIME}${Math.floor(LastModified.getTime() / 1000)}, ${Size} bytes`;
}

/** Whether a request can have the version as its condition. */
export function isETag(version: ObjectVersion): boolean {
  return !version.startsWith(BY_TIME);
}
