import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { S3_ROOT } from '../../scripts/stack/servers/versitygw';
import { startStorageServer, type StorageServer } from '../../tests/integration/support/storage-servers';

/** Of each bench's own S3. */
export const BUCKET = 'bench';

/** Starts a real S3 with an empty bucket, and sets the variables by which this process and its children use it. */
export async function startS3(): Promise<StorageServer> {
  const server = await startStorageServer('versitygw');
  try {
    process.env['AWS_ENDPOINT_URL_S3'] = server.url;
    process.env['AWS_REGION'] = S3_ROOT.region;
    process.env['AWS_ACCESS_KEY_ID'] = S3_ROOT.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = S3_ROOT.secretAccessKey;
    const s3 = new S3Client({ forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    s3.destroy();
    return server;
  } catch (thrown) {
    await server.stop();
    throw thrown;
  }
}
