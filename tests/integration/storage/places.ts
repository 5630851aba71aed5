import { BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { S3_ROOT } from '../../../scripts/stack/servers/versitygw';
import { startStorageServer, type StorageServer } from '../support/storage-servers';
import { webHdfs } from './web-hdfs';

/** Each takes a second and a half. */
export const KILLS = Number(process.env['DAYBREAK_KILLS'] ?? 4);
const BUCKET = 'logs';
const { region, accessKeyId, secretAccessKey } = S3_ROOT;
const VARIABLES = {
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  HADOOP_USER_NAME: 'daybreak',
};
export const KINDS = {
  S3: {
    server: 'versitygw',
    location: () => `s3://${BUCKET}/${randomUUID()}`,
    isRead: (seen: string) => seen.startsWith('GET') && !seen.includes('list-type'),
    isListing: (seen: string) => /list-type.*2026-11-21/.test(seen),
  },
  HDFS: {
    server: 'hdfs',
    location: (url: string) => `webhdfs://${new URL(url).host}/${randomUUID()}`,
    isRead: (seen: string) => /op=OPEN/i.test(seen) && !seen.includes('/elsewhere/'),
    isListing: (seen: string) => /hour(?:=|%3D)07.*op=LISTSTATUS/i.test(seen),
  },
} as const;

/** Starts the server of a kind, in which everybody may write. Sets the variables with which it is used. */
async function startPlace(name: 'versitygw' | 'hdfs'): Promise<StorageServer> {
  const server = await startStorageServer(name);
  Object.assign(process.env, VARIABLES, { AWS_ENDPOINT_URL_S3: server.url });
  if (name === 'versitygw') {
    const s3 = new S3Client({ forcePathStyle: true });
    // Another file of tests may have made it: the server's data stays as long as the run.
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET })).catch((thrown: unknown) => {
      if (!(thrown instanceof BucketAlreadyOwnedByYou)) throw thrown;
    });
    s3.destroy();
  } else {
    // The cluster belongs to the user who started it.
    await webHdfs(server.url, 'PUT', '/', { op: 'SETPERMISSION', permission: 777, 'user.name': userInfo().username });
  }
  return server;
}

/** Has the server of a kind run, and its variables set, while the tests of a block run. */
export function usePlace(name: 'versitygw' | 'hdfs'): Pick<StorageServer, 'url'> {
  const before = { ...process.env };
  let server: StorageServer;
  beforeAll(async () => {
    server = await startPlace(name);
  }, 900_000);
  afterAll(async () => {
    process.env = before;
    await server.stop();
  });
  return {
    get url() {
      return server.url;
    },
  };
}
