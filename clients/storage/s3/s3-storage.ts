import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { absent, badKey } from '../errors';
import { folderParts, ownFolderParts } from '../keys';
import { locationText, type S3Location } from '../location';
import { resumedRead } from '../resumed-read';
import type { RetryPolicy } from '../retry';
import type { SignedUrl, Storage } from '../storage';
import { copyObject, LARGEST_COPY } from './copy-object';
import { bodyFrom } from './get-object';
import { listObjects } from './list-objects';
import { isETag } from './object-version';
import { putObject } from './put-object';
import { abortUploads, removeObjects } from './remove-objects';
import { s3Client, explained, type S3Access } from './s3-client';

export type { S3Access } from './s3-client';

/** A week. S3 refuses a longer time. */
const LONGEST_SIGNATURE = 7 * 24 * 3_600;

/**
 * A prefix of a bucket of S3, or of a compatible service.
 *
 * What is atomic: an object appears with the answer to its PUT, or at the end of its upload in parts. The service
 * checks both conditions at that moment (`If-None-Match: *`, `If-Match`). The service must support conditional writes.
 * Amazon's does; so do versitygw, MinIO and recent Ceph.
 */
export function s3Storage(
  location: S3Location,
  access: S3Access,
  environment: NodeJS.ProcessEnv,
  policy: RetryPolicy,
): Storage {
  const { bucket, prefix: root } = location;
  const client = s3Client(access, environment, policy);
  const describe = (key: string): string => `${locationText(location)}${key}`;
  const wholeKey = (key: string): string => {
    if (key === '' || key.endsWith('/')) throw badKey(key, 'is the name of no object');
    return `${root}${key}`;
  };
  const list = (prefix: string, page?: number, signal?: AbortSignal) =>
    listObjects(client, location, {
      doing: `listing ${describe(prefix)}`,
      prefix: `${root}${prefix}`,
      ...(page !== undefined && { page }),
      ...(signal && { signal }),
    });

  const storage: Storage = {
    kind: 's3',
    describe,
    list: (prefix, { signal } = {}) => list(prefix, undefined, signal),
    // Not by HEAD: its answer says neither whether the bucket exists nor why the request is refused. In a listing the
    // key itself comes first.
    async find(key, { signal } = {}) {
      wholeKey(key);
      for await (const found of list(key, 1, signal)) return found.key === key ? found : undefined;
      return undefined;
    },
    read(key, options = {}) {
      const doing = `reading ${describe(key)}`;
      const { offset = 0, signal } = options;
      const open = bodyFrom(client, { ...options, doing, bucket, key: wholeKey(key) });
      return resumedRead({ doing, open, offset, policy, signal });
    },
    async write(key, body, options = {}) {
      const doing = `writing ${describe(key)}`;
      const version = await putObject(client, { ...options, doing, bucket, key: wholeKey(key), body });
      if (version === undefined) throw new Error(`${doing} had no condition that could fail`);
      return version;
    },
    writeIf: (key, body, condition, options = {}) =>
      putObject(client, { ...options, doing: `writing ${describe(key)}`, bucket, key: wholeKey(key), body, condition }),
    async copy(from, to, options = {}) {
      const doing = `copying ${describe(from)} to ${describe(to)}`;
      const source = await storage.find(from, options);
      if (source === undefined) throw absent(doing);
      if (source.size > LARGEST_COPY || !isETag(source.version))
        return storage.write(to, storage.read(from, options), options);
      return copyObject(client, {
        ...options,
        ...{ doing, bucket, from: wholeKey(from), to: wholeKey(to), version: source.version },
      });
    },
    remove: (keys, { signal } = {}) => removeObjects(client, location, wholeKeys(keys, wholeKey), signal),
    removeFolder(folder, { signal } = {}) {
      ownFolderParts(folder);
      return removeObjects(client, location, wholeKeys(keysOf(list(folder, undefined, signal)), wholeKey), signal);
    },
    removeUnfinished(folder, before, { signal } = {}) {
      folderParts(folder);
      return abortUploads(client, location, `${root}${folder}`, before, signal);
    },
    presign: (key, seconds) =>
      explained(`signing ${describe(key)}`, bucket, undefined, () => presigned(client, bucket, wholeKey(key), seconds)),
    close: () => {
      client.destroy();
    },
  };
  return storage;
}

async function presigned(client: S3Client, bucket: string, key: string, seconds: number): Promise<SignedUrl> {
  const lifetime = Math.min(Math.floor(seconds), LONGEST_SIGNATURE);
  const { expiration } = await client.config.credentials();
  const expires = new Date(Math.min(Date.now() + lifetime * 1_000, expiration?.getTime() ?? Infinity));
  const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: lifetime });
  return { url, expires };
}

async function* wholeKeys(
  keys: Iterable<string> | AsyncIterable<string>,
  wholeKey: (key: string) => string,
): AsyncGenerator<string> {
  for await (const key of keys) yield wholeKey(key);
}

async function* keysOf(objects: AsyncIterable<{ readonly key: string }>): AsyncGenerator<string> {
  for await (const { key } of objects) yield key;
}
