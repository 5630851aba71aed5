import { ListObjectsV2Command, type S3Client, type _Object } from '@aws-sdk/client-s3';
import { isUnfinished } from '../keys';
import type { S3Location } from '../location';
import type { Abortable, StoredObject } from '../storage';
import { explained } from './s3-client';

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
  { doing, prefix, page, signal }: Listing,
): AsyncGenerator<StoredObject> {
  let from: string | undefined;
  do {
    const answer = await explained(doing, bucket, signal, () =>
      client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ContinuationToken: from,
          MaxKeys: page,
          // A key may hold characters that XML cannot.
          EncodingType: 'url',
        }),
        { ...(signal && { abortSignal: signal }) },
      ),
    );
    const decode = answer.EncodingType === 'url' ? unescaped : (text: string) => text;
    for (const object of answer.Contents ?? []) {
      const found = stored(object, decode, root);
      if (found !== undefined) yield found;
    }
    from = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
  } while (from !== undefined);
}

function stored(
  { Key, Size, ETag, LastModified }: _Object,
  decode: (text: string) => string,
  root: string,
): StoredObject | undefined {
  if (Key === undefined || ETag === undefined || LastModified === undefined) return undefined;
  const key = decode(Key).slice(root.length);
  const size = Size ?? 0;
  if (isFolderMarker(key, size) || isUnfinished(key)) return undefined;
  return { key, size, version: ETag, modified: LastModified };
}

/** Consoles mark a folder by an object whose name ends with '/', and Hadoop by an empty one with an ending of its own. */
function isFolderMarker(key: string, size: number): boolean {
  return key === '' || key.endsWith('/') || (size === 0 && key.endsWith('_$folder$'));
}

function unescaped(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
