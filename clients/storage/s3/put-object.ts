import { HeadObjectCommand, PutObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { randomUUID } from 'node:crypto';
import { addAbortSignal, Readable } from 'node:stream';
import type { Abortable, Body, Condition, ObjectVersion } from '../storage';
import { versionIn } from './object-version';
import { explained } from './s3-client';

/** With this size, the maximum of 10,000 parts is 156 GiB. */
const PART_BYTES = 16 * 1024 * 1024;
/** Parts of one object that are sent at the same time. Each is in memory until it is sent. */
const PARTS = 3;
/** Names the write that an object comes from. */
const MARK = 'daybreak-write';

export interface Put extends Abortable {
  readonly doing: string;
  readonly bucket: string;
  /** The whole key. */
  readonly key: string;
  readonly body: Body;
  readonly condition?: Condition;
}

/**
 * Writes one object; undefined if the condition does not hold. If an answer is lost, the SDK tries again, and the first
 * write then looks like another writer's. So the object says which write it comes from.
 */
export async function putObject(client: S3Client, put: Put): Promise<ObjectVersion | undefined> {
  const { doing, bucket, signal, condition } = put;
  const mark = randomUUID();
  return explained(doing, bucket, signal, async () => {
    try {
      return await send(client, put, mark);
    } catch (thrown) {
      if (!(thrown instanceof S3ServiceException)) throw thrown;
      const failed = condition !== undefined && isUnmet(thrown, condition);
      if (!failed && thrown.name !== 'NoSuchUpload') throw thrown;
      const own = await ownVersion(client, put, mark);
      if (own !== undefined) return own;
      if (failed) return undefined;
      throw thrown;
    }
  });
}

async function send(
  client: S3Client,
  { bucket, key, body, condition, signal }: Put,
  mark: string,
): Promise<ObjectVersion> {
  const params = { Bucket: bucket, Key: key, Metadata: { [MARK]: mark }, ...conditionOf(condition) };
  if (body instanceof Uint8Array) {
    const command = new PutObjectCommand({ ...params, Body: body });
    return versionOf(await client.send(command, { ...(signal && { abortSignal: signal }) }));
  }
  const stream = Readable.from(body, { objectMode: false });
  // A body that ends early ends the upload, which then removes its parts.
  if (signal) addAbortSignal(signal, stream);
  try {
    const upload = new Upload({
      client,
      params: { ...params, Body: stream },
      partSize: PART_BYTES,
      queueSize: PARTS,
    });
    return versionOf(await upload.done());
  } finally {
    stream.destroy();
  }
}

function conditionOf(condition: Condition | undefined): { IfNoneMatch?: string; IfMatch?: string } {
  if (condition === undefined) return {};
  return 'ifAbsent' in condition ? { IfNoneMatch: '*' } : { IfMatch: condition.ifVersion };
}

/**
 * 412, or 409 where another write of the object comes in between; also 404 if a version was required and the object (not
 * the bucket) does not exist.
 */
function isUnmet({ name, $metadata }: S3ServiceException, condition: Condition): boolean {
  if ($metadata.httpStatusCode === 412 || name === 'ConditionalRequestConflict') return true;
  return 'ifVersion' in condition && name === 'NoSuchKey';
}

async function ownVersion(client: S3Client, { bucket, key, signal }: Put, mark: string): Promise<string | undefined> {
  const command = new HeadObjectCommand({ Bucket: bucket, Key: key });
  try {
    const found = await client.send(command, { ...(signal && { abortSignal: signal }) });
    return found.Metadata?.[MARK] === mark ? versionIn(found) : undefined;
  } catch (thrown) {
    if (thrown instanceof S3ServiceException && thrown.$metadata.httpStatusCode === 404) return undefined;
    throw thrown;
  }
}

function versionOf(answer: { readonly ETag?: string | undefined }): ObjectVersion {
  const version = versionIn(answer);
  if (version === undefined) throw new Error('its answer has no ETag');
  return version;
}
