import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { locationOf, openStorage, type Storage, type StorageSettings } from '../../../clients/storage';
import { artifactsOf } from '../../../scripts/stack/fetch/artifacts';
import { silentProgress } from '../../../scripts/stack/progress';
import { S3_ROOT } from '../../../scripts/stack/servers/versitygw';
import { listed, textOf } from '../../clients/storage/read-all';
import { faultyProxy, type FaultyProxy } from '../support/faulty-proxy';
import { startStorageServer, type StorageServer } from '../support/storage-servers';

const BUCKET = 'faults';
const { region, ...ROOT } = S3_ROOT;
const MEBIBYTE = 1024 * 1024;
const TIMEOUT = { attempts: 4, firstPauseMs: 10, longestPauseMs: 50, idleMs: 1_500 };
let server: StorageServer;
let s3: S3Client;
let proxy: FaultyProxy;
let storage: Storage;

beforeAll(async () => {
  server = await startStorageServer('versitygw');
  s3 = new S3Client({ endpoint: server.url, forcePathStyle: true, region, credentials: ROOT });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
}, 900_000);
afterAll(async () => {
  s3.destroy();
  await server.stop();
});
beforeEach(async () => {
  proxy = await faultyProxy(server.url);
  storage = await open();
});
afterEach(async () => {
  storage.close();
  await proxy.close();
});

const open = (s3Access: StorageSettings['s3'] = {}, location = `s3://${BUCKET}/some/prefix`): Promise<Storage> =>
  openStorage(locationOf(location), {
    s3: { endpoint: proxy.url, region, credentials: ROOT, ...s3Access },
    retry: TIMEOUT,
  });
const isGet = (seen: string): boolean => seen.startsWith('GET') && !seen.includes('list-type');
const isList = (seen: string): boolean => seen.includes('list-type=2');
const isPut = (seen: string): boolean => seen.startsWith('PUT') && !seen.includes('uploadId');
const error = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>told by the test</Message></Error>`;
const answer = (status: number, code: string, headers = {}) => ({
  answer: status,
  headers: { 'content-type': 'application/xml', ...headers },
  body: error(code),
});
const slowDown = answer(503, 'SlowDown');
const thrownBy = (work: Promise<unknown>): Promise<unknown> => work.catch((thrown: unknown) => thrown);

describe('throttling', () => {
  it.each([
    ['a read', isGet, () => textOf(storage, 'a'), 'hello'],
    ['a listing', isList, async () => (await listed(storage, '')).length > 0, true],
    ['a write', isPut, async () => (await storage.write('b', Buffer.from('x'))) !== '', true],
    ['a removal', (seen: string) => seen.startsWith('POST'), () => storage.remove(['gone']), undefined],
  ])('of %s is waited for', async (_, fits, work, wanted) => {
    await storage.write('a', Buffer.from('hello'));
    proxy.fail(fits, slowDown, 2);
    expect(await work()).toEqual(wanted);
  });

  it('that does not end is told', async () => {
    proxy.fail(isList, slowDown, 100);
    expect(await thrownBy(listed(storage, ''))).toMatchObject({
      code: 'STORAGE_FAILED',
      what: `listing s3://${BUCKET}/some/prefix/ failed: SlowDown 503 told by the test`,
    });
    expect(proxy.seen.filter(isList)).toHaveLength(TIMEOUT.attempts);
  });
});

describe('a connection that breaks', () => {
  it('in the middle of a body is made again from there', async () => {
    const content = randomBytes(9 * MEBIBYTE);
    await storage.write('large', content);
    for (const cutAfter of [3 * MEBIBYTE, 1, 2 * MEBIBYTE]) proxy.fail(isGet, { cutAfter });
    const hash = createHash('sha256');
    for await (const chunk of storage.read('large')) hash.update(chunk);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
    expect(proxy.seen.filter(isGet)).toHaveLength(4);
  });

  it('or stands still is made again from there', async () => {
    await storage.write('still', Buffer.from('0123456789'));
    proxy.fail(isGet, { silentAfter: 4 });
    expect(await textOf(storage, 'still', { offset: 2, end: 9 })).toBe('2345678');
  });

  it('again and again without a byte is told', async () => {
    await storage.write('a', Buffer.from('hello'));
    proxy.fail(isGet, { cutAfter: 0 }, 100);
    expect(await thrownBy(textOf(storage, 'a'))).toMatchObject({
      code: 'STORAGE_FAILED',
      what: expect.stringContaining('the connection broke 4 times at byte 0') as string,
    });
  });

  it('is not mended with bytes of another version', async () => {
    await storage.write('a', Buffer.from('former'));
    const rival = await open({ endpoint: server.url });
    proxy.fail(isGet, { cutAfter: 3 });
    const reading = async (): Promise<void> => {
      for await (const chunk of storage.read('a')) await rival.write('a', Buffer.from(`after ${chunk.length}`));
    };
    expect(await thrownBy(reading())).toMatchObject({ code: 'STORAGE_CHANGED' });
    rival.close();
  });

  it.each(['ifAbsent', 'ifVersion'] as const)('after a write %s was done does not make it look lost', async (name) => {
    const version = await storage.write('b', Buffer.from('former'));
    const [key, condition] = name === 'ifAbsent' ? ['c', { ifAbsent: true } as const] : ['b', { ifVersion: version }];
    proxy.fail(isPut, 'lose the answer');
    const written = await storage.writeIf(key, Buffer.from('own'), condition);
    expect(written).toBe((await storage.find(key))?.version);
    expect(await textOf(storage, key)).toBe('own');
    await storage.remove([key]);
  });

  it('after the end of an upload in parts was done does not make it look lost', async () => {
    async function* body(): AsyncGenerator<Buffer> {
      for (let sent = 0; sent < 40; sent += 1) yield await Promise.resolve(randomBytes(MEBIBYTE));
    }
    proxy.fail((seen) => seen.startsWith('POST') && seen.includes('uploadId'), 'lose the answer');
    const version = await storage.write('parts', body());
    expect(await storage.find('parts')).toMatchObject({ size: 40 * MEBIBYTE, version });
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads ?? []).toEqual([]);
  });
});

it('bytes that are damaged on the way are read again, or told where some were handed on', async () => {
  await storage.write('a', Buffer.from('hello'));
  proxy.fail(isGet, 'damage the first byte');
  expect(await textOf(storage, 'a')).toBe('hello');
  expect(proxy.seen.filter(isGet)).toHaveLength(2);
  await storage.write('large', randomBytes(9 * MEBIBYTE));
  proxy.fail(isGet, 'damage the first byte');
  expect(await thrownBy(textOf(storage, 'large'))).toMatchObject({
    code: 'STORAGE_FAILED',
    what: expect.stringContaining('its bytes are not those that were written') as string,
  });
});

describe('what no retry mends is told with its remedy:', () => {
  it('a bucket that is not there', async () => {
    const other = await open({}, 's3://no-such-bucket/x');
    const wanted = {
      code: 'STORAGE_REFUSED',
      what: expect.stringContaining('NoSuchBucket 404') as string,
      remedy: expect.stringContaining('aws s3 mb s3://no-such-bucket') as string,
    };
    expect(await thrownBy(listed(other, ''))).toMatchObject(wanted);
    expect(await thrownBy(other.find('a'))).toMatchObject(wanted);
    expect(await thrownBy(textOf(other, 'a'))).toMatchObject(wanted);
    expect(await thrownBy(other.write('a', Buffer.from('x')))).toMatchObject(wanted);
    expect(await thrownBy(other.writeIf('a', Buffer.from('x'), { ifVersion: '"x"' }))).toMatchObject(wanted);
    other.close();
  });

  it('a wrong region, by the name of the right one where the answer has it', async () => {
    const other = await open({ region: 'eu-west-1' });
    expect(await thrownBy(listed(other, ''))).toMatchObject({
      code: 'STORAGE_REFUSED',
      remedy: expect.stringContaining('export AWS_REGION=us-east-1') as string,
    });
    proxy.fail(isList, answer(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'ap-northeast-2' }));
    expect(await thrownBy(listed(storage, ''))).toMatchObject({
      code: 'STORAGE_REFUSED',
      remedy: expect.stringContaining('export AWS_REGION=ap-northeast-2') as string,
    });
    other.close();
  });

  it('credentials that have expired', async () => {
    proxy.fail(isList, answer(400, 'ExpiredToken'));
    expect(await thrownBy(listed(storage, ''))).toMatchObject({
      code: 'STORAGE_REFUSED',
      remedy: expect.stringContaining('AWS_SESSION_TOKEN') as string,
    });
  });

  it.each([
    ['an unknown key', { accessKeyId: 'nobody', secretAccessKey: 'nothing' }],
    ['a wrong secret', { ...ROOT, secretAccessKey: 'wrong-secret-of-the-test' }],
  ])('%s, which is not repeated', async (_, credentials) => {
    const other = await open({ credentials });
    const thrown = await thrownBy(listed(other, ''));
    expect(thrown).toMatchObject({
      code: 'STORAGE_REFUSED',
      remedy: expect.stringContaining('AWS_ACCESS_KEY_ID') as string,
    });
    expect(JSON.stringify(thrown)).not.toContain(credentials.secretAccessKey);
    other.close();
  });

  it('a right that is missing', async () => {
    const alice = { accessKeyId: 'alice', secretAccessKey: 'secret-of-alice' };
    const admin = ['admin', '--access', ROOT.accessKeyId, '--secret', ROOT.secretAccessKey];
    const create = ['create-user', '--access', alice.accessKeyId, '--secret', alice.secretAccessKey, '--role', 'user'];
    await promisify(execFile)(await artifactsOf(silentProgress).versitygw(), [
      ...[...admin, '--endpoint-url', server.url, ...create],
    ]);
    const other = await open({ credentials: alice });
    const refused = (remedy: RegExp) => ({
      code: 'STORAGE_REFUSED',
      remedy: expect.stringMatching(remedy) as string,
    });
    const readOnly = refused(/^Allow s3:ListBucket on faults, and s3:GetObject below the prefix; /);
    expect(await thrownBy(listed(other, ''))).toMatchObject(readOnly);
    expect(await thrownBy(textOf(other, 'a'))).toMatchObject(readOnly);
    expect(await thrownBy(other.write('a', Buffer.from('x')))).toMatchObject(refused(/s3:ListBucket.*s3:PutObject/));
    other.close();
  });

  it('a server that is not there', async () => {
    const other = await open({ endpoint: 'http://127.0.0.1:1' });
    expect(await thrownBy(listed(other, ''))).toMatchObject({
      code: 'STORAGE_FAILED',
      what: expect.stringContaining('ECONNREFUSED') as string,
      remedy: expect.stringContaining('AWS_ENDPOINT_URL_S3') as string,
    });
    other.close();
  });
});
