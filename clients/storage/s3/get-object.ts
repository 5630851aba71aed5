import { GetObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { messageOf } from '../../../domain/errors';
import { changed, wrongAnswer } from '../errors';
import type { BodyPart } from '../resumed-read';
import type { ObjectVersion, ReadOptions } from '../storage';
import { isETag, versionIn } from './object-version';
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
        IfMatch: version !== undefined && isETag(version) ? version : undefined,
        Range: whole ? undefined : `bytes=${offset}-${end === undefined ? '' : end - 1}`,
      });
      try {
        const { Body, ContentLength, ContentRange, ETag, LastModified } = await client.send(command, {
          ...(signal && { abortSignal: signal }),
        });
        if (!(Body instanceof Readable)) throw wrongAnswer(doing, 'its answer has no body');
        try {
          // As Ceph answers for a part of an empty object.
          if (!whole && ContentRange === 'bytes */0' && ContentLength === 0) return undefined;
          const part = whole ? wholeOf(doing, Body, ContentLength) : partOf(doing, offset, end, ContentRange);
          // The header of an empty ETag may be left out.
          const told = versionIn({ ETag: ETag ?? '', LastModified, Size: part.size });
          version ??= told;
          if (version !== undefined && !isETag(version) && told !== version) throw changed(doing);
          return { stream: Body, length: part.length, isDamage };
        } catch (thrown) {
          Body.destroy();
          throw thrown;
        }
      } catch (thrown) {
        // No bytes are left from there on. The condition was checked before.
        if (thrown instanceof S3ServiceException && thrown.$metadata.httpStatusCode === 416) return undefined;
        throw thrown;
      }
    });
}

/** How many bytes come, and how many the object has, as far as an answer says it. */
interface Bytes {
  readonly length: number | undefined;
  readonly size: number | undefined;
}

/**
 * Of a whole object. If its answer does not say how many bytes it has, Node sees itself where chunks or a checksum end too
 * early. A connection that just ends says nothing.
 */
function wholeOf(doing: string, body: Readable, length: number | undefined): Bytes {
  const isEndSeen = !(body instanceof IncomingMessage) || body.headers['transfer-encoding'] !== undefined;
  if (length === undefined && !isEndSeen) throw wrongAnswer(doing, 'its answer does not say how many bytes it has');
  return { length, size: length };
}

/** Of a part. Some gateways know no ranges: then bytes would be there twice, or would be missing. */
function partOf(doing: string, offset: number, end: number | undefined, range: string | undefined): Bytes {
  const [, from, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range ?? '') ?? [];
  const behind = Number(last) + 1;
  if (Number(from) === offset && behind === Math.min(end ?? Infinity, Number(size))) {
    return { length: behind - offset, size: Number(size) };
  }
  const asked = `byte ${offset} to ${end === undefined ? 'the last one' : `${end - 1}`}`;
  throw wrongAnswer(doing, `it gives ${range ?? 'all bytes'}, and not those from ${asked}`);
}
