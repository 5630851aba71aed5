import { GetObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { messageOf } from '../../../domain/errors';
import type { BodyPart } from '../resumed-read';
import type { ObjectVersion, ReadOptions } from '../storage';
import { explained } from './s3-client';

/**
 * The SDK compares the checksum of an object that is read as a whole, after its last byte. It has no class for the
 * error.
 */
const isDamage = (thrown: unknown): boolean => messageOf(thrown).includes('Checksum mismatch');

export interface Get extends ReadOptions {
  readonly doing: string;
  readonly bucket: string;
  /** The whole key. */
  readonly key: string;
}

/**
 * Requests the bytes from an offset on, always of one version. If none was given, it is the version of the first
 * answer.
 */
export function bodyFrom(client: S3Client, get: Get): (offset: number) => Promise<BodyPart | undefined> {
  const { doing, bucket, key, end, signal } = get;
  let version: ObjectVersion | undefined = get.version;
  return (offset) =>
    explained(doing, bucket, signal, async () => {
      if (end !== undefined && offset >= end) return undefined;
      const whole = offset === 0 && end === undefined;
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        IfMatch: version,
        Range: whole ? undefined : `bytes=${offset}-${end === undefined ? '' : end - 1}`,
      });
      try {
        const { Body, ContentLength, ContentRange, ETag } = await client.send(command, {
          ...(signal && { abortSignal: signal }),
        });
        version ??= ETag;
        if (!(Body instanceof Readable)) throw new Error('its answer has no body');
        const wrong = wrongPart({ offset, whole, ContentLength, ContentRange });
        if (wrong === undefined) return { stream: Body, length: ContentLength ?? 0, isDamage };
        Body.destroy();
        throw new Error(wrong);
      } catch (thrown) {
        // No bytes are left from there on. The condition was checked before.
        if (thrown instanceof S3ServiceException && thrown.$metadata.httpStatusCode === 416) return undefined;
        throw thrown;
      }
    });
}

/** A gateway between us and the storage may know no ranges. Then the bytes would be there twice. */
function wrongPart(part: {
  readonly offset: number;
  readonly whole: boolean;
  readonly ContentLength: number | undefined;
  readonly ContentRange: string | undefined;
}): string | undefined {
  const { offset, whole, ContentLength, ContentRange } = part;
  if (!whole && ContentRange?.startsWith(`bytes ${offset}-`) !== true) {
    return `it gives ${ContentRange ?? 'all bytes'}, and not those from byte ${offset}`;
  }
  // A connection that ends says nothing then.
  return ContentLength === undefined ? 'its answer does not say how many bytes it has' : undefined;
}
