import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { openStorage, type Storage } from '../../../clients/storage';
import { textOf } from './read-all';

/** An S3 or HDFS that answers wrongly, or something between that does. */
let told: string;
let server: Server;
let s3: Storage;
let hdfs: Storage;

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(told));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const retry = { attempts: 1, firstPauseMs: 1, longestPauseMs: 1, idleMs: 1_000 };
  const access = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  };
  s3 = await openStorage({ kind: 's3', bucket: 'bucket', prefix: 'root/' }, { environment: {}, s3: access, retry });
  hdfs = await openStorage(
    { kind: 'webhdfs', scheme: 'webhdfs', authority: `127.0.0.1:${port}`, path: '/root' },
    { environment: { HADOOP_USER_NAME: 'user' }, retry },
  );
});
afterAll(() => {
  s3.close();
  server.close();
});

function answer(status: number, body: string, ...headers: readonly string[]): string {
  return [`HTTP/1.1 ${status} X`, 'connection: close', `content-length: ${body.length}`, ...headers, '', body].join(
    '\r\n',
  );
}

async function list(storage: Storage): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list('day/')) {
    keys.push(key);
    if (keys.length > 10) throw new Error('the listing has no end');
  }
  return keys;
}

const KEY = '<Key>root/day/a</Key>';
const TIME = '<LastModified>2026-11-21T00:00:00.000Z</LastModified>';
const VERSION = '<ETag>"e"</ETag>';
const SIZE = '<Size>10</Size>';
const page = (contents: string, more = ''): string =>
  answer(200, `<ListBucketResult>${more}<EncodingType>url</EncodingType>${contents}</ListBucketResult>`);
const contents = (...parts: readonly string[]): string => `<Contents>${parts.join('')}</Contents>`;

it.each([
  ['an object without a name', page(contents(TIME, VERSION, SIZE)), 'an object without'],
  ['an object without a time', page(contents(KEY, VERSION, SIZE)), 'an object without'],
  ['an object without a version', page(contents(KEY, TIME, SIZE)), 'an object without'],
  ['an object without a size', page(contents(KEY, TIME, VERSION)), 'an object without'],
  ['a size that is none', page(contents(KEY, TIME, VERSION, '<Size>-1</Size>')), 'an object without'],
  [
    'a name of another prefix',
    page(contents('<Key>other/b</Key>', TIME, VERSION, SIZE)),
    'other/b, which is not below root/day/',
  ],
  ['a name that cannot be unescaped', page(contents('<Key>root/day/%</Key>', TIME, VERSION, SIZE)), 'root/day/%'],
  [
    'a page that is not the last one, and names no next one',
    page(contents(KEY, TIME, VERSION, SIZE), '<IsTruncated>true</IsTruncated>'),
    'names no next page',
  ],
  [
    'the same page again and again',
    page(
      contents(KEY, TIME, VERSION, SIZE),
      '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>',
    ),
    'the same page',
  ],
])('loses no object of S3 in silence: %s', async (_, answered, why) => {
  told = answered;
  await expect(list(s3)).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    what: expect.stringContaining(why) as string,
  });
});

it.each([
  [
    'the whole object instead of a part',
    answer(200, '0123456789', 'etag: "e"'),
    3,
    'all bytes, and not those from byte 3',
  ],
  [
    'another part of the object',
    answer(206, '0123456789', 'etag: "e"', 'content-range: bytes 0-9/10'),
    3,
    'and not those from byte 3',
  ],
  [
    'bytes of which it does not say how many',
    'HTTP/1.1 200 X\r\nconnection: close\r\netag: "e"\r\n\r\n01234',
    0,
    'how many',
  ],
])('takes no bytes from S3 for others: %s', async (_, answered, offset, why) => {
  told = answered;
  await expect(textOf(s3, 'day/a', { offset })).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    what: expect.stringContaining(why) as string,
  });
});

const entry = (more: object): object => ({
  ...{ pathSuffix: 'a', type: 'FILE', length: 10, modificationTime: 1_795_219_200_000, fileId: 7 },
  ...more,
});
const statuses = (entries: readonly object[], remainingEntries = 0): string =>
  answer(
    200,
    JSON.stringify({
      DirectoryListing: { partialListing: { FileStatuses: { FileStatus: entries } }, remainingEntries },
    }),
  );

it.each([
  ['a page of something else', answer(200, '<html>Please log in</html>'), '<html>Please log in</html>'],
  ['a page without entries, with more to come', statuses([], 5), '5 more'],
  ['a name of another folder', statuses([entry({ pathSuffix: '../b' })]), 'not what WebHDFS gives'],
  ['a size that is none', statuses([entry({ length: -1 })]), 'not what WebHDFS gives'],
  ['a time that is none', statuses([entry({ modificationTime: 1e300 })]), 'not what WebHDFS gives'],
])('loses no file of HDFS in silence, and says what is wrong: %s', async (_, answered, why) => {
  told = answered;
  await expect(list(hdfs)).rejects.toMatchObject({
    code: 'STORAGE_REFUSED',
    what: expect.stringContaining(why) as string,
  });
});
