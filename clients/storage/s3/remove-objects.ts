import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import { storageError } from '../errors';
import type { S3Location } from '../location';
import { explained } from './s3-client';

/** The maximum that one request may remove. */
const BATCH = 1_000;

/** Removes objects by their whole keys. Throws if S3 removed some and refused others. */
export async function removeObjects(
  client: S3Client,
  location: S3Location,
  keys: AsyncIterable<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  let batch: string[] = [];
  for await (const key of keys) {
    batch.push(key);
    if (batch.length < BATCH) continue;
    await removeBatch(client, location, batch, signal);
    batch = [];
  }
  if (batch.length > 0) await removeBatch(client, location, batch, signal);
}

async function removeBatch(
  client: S3Client,
  { bucket }: S3Location,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const doing = `removing ${keys.length} objects of s3://${bucket}/, ${keys[0] ?? ''} first,`;
  const command = new DeleteObjectsCommand({
    Bucket: bucket,
    Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
  });
  const { Errors = [] } = await explained(doing, bucket, signal, () =>
    client.send(command, { ...(signal && { abortSignal: signal }) }),
  );
  const failed = Errors.find(({ Code }) => Code !== 'NoSuchKey');
  if (failed === undefined) return;
  const isBusy = failed.Code === 'SlowDown' || failed.Code === 'InternalError';
  throw storageError(doing, {
    code: isBusy ? 'STORAGE_FAILED' : 'STORAGE_REFUSED',
    why: `${failed.Key ?? ''}: ${failed.Code ?? ''} ${failed.Message ?? ''}`,
    remedy: isBusy ? 'Run again: what is left is removed then.' : `Allow s3:DeleteObject on ${bucket}.`,
  });
}

/** Aborts uploads in parts that began before a time: their parts are billed and listed nowhere. */
export async function abortUploads(
  client: S3Client,
  { bucket }: S3Location,
  prefix: string,
  before: Date,
  signal: AbortSignal | undefined,
): Promise<void> {
  const doing = `giving up old uploads of s3://${bucket}/${prefix}`;
  const abort = { ...(signal && { abortSignal: signal }) };
  let from: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
  while (from !== undefined) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket: bucket,
      Prefix: prefix,
      ...from,
    });
    const page = await explained(doing, bucket, signal, () => client.send(command, abort));
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined || Initiated === undefined || Initiated >= before) continue;
      await explained(doing, bucket, signal, () =>
        client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }), abort).catch(ignoreEnded),
      );
    }
    from =
      page.IsTruncated === true
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
  }
}

/** The upload ended, or somebody else aborted it. */
function ignoreEnded(thrown: unknown): undefined {
  if (thrown instanceof S3ServiceException && thrown.name === 'NoSuchUpload') return undefined;
  throw thrown;
}
