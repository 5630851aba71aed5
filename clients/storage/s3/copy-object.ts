import { CopyObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Abortable, ObjectVersion } from '../storage';
import { versionIn } from './object-version';
import { explained } from './s3-client';

/** What one request may copy. */
export const LARGEST_COPY = 5 * 1024 ** 3;

export interface Copy extends Abortable {
  readonly doing: string;
  readonly bucket: string;
  /** Whole keys. */
  readonly from: string;
  readonly to: string;
  readonly version: ObjectVersion;
}

/** Has S3 copy an object of the given version. */
export function copyObject(
  client: S3Client,
  { doing, bucket, from, to, version, signal }: Copy,
): Promise<ObjectVersion> {
  return explained(doing, bucket, signal, async () => {
    const source = [bucket, ...from.split('/')].map(encodeURIComponent).join('/');
    const command = new CopyObjectCommand({ Bucket: bucket, Key: to, CopySource: source, CopySourceIfMatch: version });
    const { CopyObjectResult } = await client.send(command, { ...(signal && { abortSignal: signal }) });
    const copied = versionIn(CopyObjectResult ?? {});
    if (copied === undefined) throw new Error('its answer names no version');
    return copied;
  });
}
