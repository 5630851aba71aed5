import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { locationOf, openStorage, type StoredObject } from '../../../clients/storage';
import { S3_ROOT } from '../../../scripts/stack/servers/versitygw';
import { conformance } from '../../clients/storage/conformance';
import { listed, textOf } from '../../clients/storage/read-all';
import { putMarkers } from './folder-markers';
import { startStorageServer, type StorageServer } from '../support/storage-servers';
import { until } from '../support/until';

const BUCKET = 'conformance';
const LOCATION = locationOf(`s3://${BUCKET}/some/prefix`);
let server: StorageServer;
let s3: S3Client;
beforeAll(async () => {
  server = await startStorageServer('versitygw');
  const { region, ...credentials } = S3_ROOT;
  s3 = new S3Client({ endpoint: server.url, forcePathStyle: true, region, credentials });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
}, 900_000);
afterAll(async () => {
  s3.destroy();
  await server.stop();
});

const open = () => {
  const { region, ...credentials } = S3_ROOT;
  return openStorage(LOCATION, { s3: { endpoint: server.url, region, credentials } });
};

describe('a real S3', () => {
  conformance(() => ({
    many: 1_100,
    open,
    async unfinished(folder) {
      const found = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: `some/prefix/${folder}` }));
      return (found.Uploads ?? []).map(({ Key }) => Key ?? '');
    },
    makeFolder: (folder) => putMarkers(s3, BUCKET, `some/prefix/${folder}`),
    async leaveUnfinished(folder) {
      await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: `some/prefix/${folder}killed` }));
    },
  }));

  it('tells versions of a file that was put behind it, which has no ETag', async () => {
    const storage = await open();
    await storage.write('folder/written', Buffer.from('hello'));
    const file = join(server.directory, 'versitygw/buckets', BUCKET, 'some/prefix/folder/put');
    const put = async (text: string, second: number): Promise<StoredObject> => {
      await writeFile(file, text);
      await utimes(file, second, second);
      const [found] = (await listed(storage, 'folder/')).filter(({ key }) => key === 'folder/put');
      return found ?? fail();
    };
    const first = await put('first', 1_795_219_200);
    expect(await textOf(storage, first.key, { version: first.version })).toBe('first');
    expect(await textOf(storage, first.key, { version: first.version, offset: 1, end: 3 })).toBe('ir');
    await storage.copy(first.key, 'copied');
    expect(await textOf(storage, 'copied')).toBe('first');
    const second = await put('later', 1_795_219_201);
    expect(second.version).not.toBe(first.version);
    await expect(textOf(storage, first.key, { version: first.version })).rejects.toMatchObject({
      code: 'STORAGE_CHANGED',
    });
    storage.close();
  });

  it('is found by the standard variables alone', async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_S3: server.url,
      AWS_REGION: S3_ROOT.region,
      AWS_ACCESS_KEY_ID: S3_ROOT.accessKeyId,
      AWS_SECRET_ACCESS_KEY: S3_ROOT.secretAccessKey,
    });
    try {
      const storage = await openStorage(LOCATION);
      await storage.write('by-variables', Buffer.from('hello'));
      expect(await textOf(storage, 'by-variables')).toBe('hello');
      storage.close();
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) Reflect.deleteProperty(process.env, name);
      Object.assign(process.env, before);
    }
  });

  it('gives an address that anybody reads one object under, and no other, for a while', async () => {
    const storage = await open();
    await storage.write('signed object', Buffer.from('hello'));
    await storage.write('other', Buffer.from('secret'));
    const signed = await storage.presign?.('signed object', 60);
    const { url = '', expires } = signed ?? {};
    expect(await (await fetch(url)).text()).toBe('hello');
    expect((await fetch(url.replace('signed%20object', 'other'))).status).toBe(403);
    expect(Math.abs((expires?.getTime() ?? 0) - Date.now() - 60_000)).toBeLessThan(5_000);
    const soon = await storage.presign?.('signed object', 1);
    const late = async (): Promise<number> => (await fetch(soon?.url ?? '')).status;
    await until('an address that has expired is refused', async () => (await late()) === 403);
    storage.close();
  });
});
