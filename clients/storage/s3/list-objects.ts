import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { wrongAnswer } from '../errors';
import { isUnfinished } from '../keys';
import type { S3Location } from '../location';
import type { Abortable, StoredObject } from '../storage';
import { versionIn } from './object-version';
import { explained } from './s3-client';

type Page = Pick<ListObjectsV2CommandOutput, 'Contents' | 'EncodingType' | 'IsTruncated' | 'NextContinuationToken'>;

export interface Listing extends Abortable {
  readonly doing: string;
  /** The prefix of the whole key: the location's own and the requested one. */
  readonly prefix: string;
  /** Keys per answer, at most 1,000, which is the default. */
  readonly page?: number;
}

/**
 * Every object of a prefix. Each page is requested when the previous one has been taken. Folder markers are left out.
 */
export async function* listObjects(
  client: S3Client,
  { bucket, prefix: root }: S3Location,
  { doing, prefix, page: keys, signal }: Listing,
): AsyncGenerator<StoredObject> {
  let from: string | undefined;
  do {
    const page = await explained(doing, bucket, signal, async () => {
      const answer = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ContinuationToken: from,
          MaxKeys: keys,
          // A key may hold characters that XML cannot.
          EncodingType: 'url',
        }),
        { ...(signal && { abortSignal: signal }) },
      );
      return { objects: storedObjects(doing, answer, prefix, root), next: nextPage(doing, answer, from) };
    });
    yield* page.objects;
    from = page.next;
  } while (from !== undefined);
}

/** Throws if an object has no name below the prefix, or not what is needed of it: a reader would miss it. */
function storedObjects(
  doing: string,
  { Contents = [], EncodingType }: Page,
  prefix: string,
  root: string,
): StoredObject[] {
  return Contents.flatMap(({ Key = '', Size, ETag, LastModified }) => {
    const name = EncodingType === 'url' ? unescaped(doing, Key) : Key;
    if (!name.startsWith(prefix)) throw wrongAnswer(doing, `it lists ${name}, which is not below ${prefix}`);
    const key = name.slice(root.length);
    if (isFolderMarker(key, Size) || isUnfinished(key)) return [];
    const version = versionIn({ ETag, LastModified, Size });
    if (!isSize(Size) || version === undefined || LastModified === undefined) {
      throw wrongAnswer(doing, `it lists ${name} without a size, an ETag or a time`);
    }
    return [{ key, size: Size, version, modified: LastModified }];
  });
}

function nextPage(
  doing: string,
  { IsTruncated, NextContinuationToken: next }: Page,
  current: string | undefined,
): string | undefined {
  if (IsTruncated !== true) return undefined;
  if (next === undefined) throw wrongAnswer(doing, 'its listing goes on, but names no next page');
  if (next === current) throw wrongAnswer(doing, 'it gives the same page of a listing again and again');
  return next;
}

function isSize(size: number | undefined): size is number {
  return Number.isSafeInteger(size) && Number(size) >= 0;
}

/** Consoles mark a folder by an object whose name ends with '/', and Hadoop by an empty one with an ending of its own. */
function isFolderMarker(key: string, size: number | undefined): boolean {
  return key === '' || key.endsWith('/') || (size === 0 && key.endsWith('_$folder$'));
}

function unescaped(doing: string, text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw wrongAnswer(doing, `it lists ${text}, whose escapes are no text`);
  }
}
