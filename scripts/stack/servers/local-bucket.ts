import { BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Stack } from '../stack';
import { BUCKET, S3_ROOT } from './versitygw';

/** Makes the bucket of the local S3, unless it is there. */
export async function makeBucket({ ports }: Stack): Promise<void> {
  const { region, ...credentials } = S3_ROOT;
  const s3 = new S3Client({ endpoint: `http://127.0.0.1:${ports.s3}`, forcePathStyle: true, region, credentials });
  try {
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  } catch (thrown) {
    if (!(thrown instanceof BucketAlreadyOwnedByYou)) throw thrown;
  } finally {
    s3.destroy();
  }
}
