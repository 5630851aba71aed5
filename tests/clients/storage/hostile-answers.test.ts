import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { openStorage, type Storage } from '../../../clients/storage';
import { textOf } from './read-all';

/** An S3 or HDFS that answers wrongly, or something between that does. */
let told: string | ((request: string) => string);
const RETRY = { attempts: 1, firstPauseMs: 1, longestPauseMs: 1, idleMs: 1_000 };
let server: Server;
let s3: Storage;
let hdfs: Storage;

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (request) => socket.end(typeof told === 'string' ? told : told(request.toString())));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const access = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  };
  s3 = await openStorage(
    { kind: 's3', bucket: 'bucket', prefix: 'root/' },
    { environment: {}, s3: access, retry: RETRY },
  );
  hdfs = await openStorage(
    { kind: 'webhdfs', scheme: 'webhdfs', authority: `127.0.0.1:${port}`, path: '/root' },
    { environment: { HADOOP_USER_NAME: 'user' }, retry: RETRY },
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
  ['an object without a name', page(contents(TIME, VERSION, SIZE)), 'is not below root/day/'],
  ['an object without a time', page(contents(KEY, VERSION, SIZE)), 'root/day/a without a size, an ETag or a time'],
  ['an object without a version', page(contents(KEY, TIME, SIZE)), 'root/day/a without a size, an ETag or a time'],
  ['an object without a size', page(contents(KEY, TIME, VERSION)), 'root/day/a without a size, an ETag or a time'],
  [
    'a size that is none',
    page(contents(KEY, TIME, VERSION, '<Size>-1</Size>')),
    'root/day/a without a size, an ETag or a time',
  ],
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
    code: 'STORAGE_REFUSED',
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
    'fewer bytes than those that were asked for',
    answer(206, '34', 'etag: "e"', 'content-range: bytes 3-4/10'),
    3,
    'bytes 3-4/10, and not those from byte 3',
  ],
  [
    'more bytes than the part has',
    answer(206, '3456789', 'etag: "e"', 'content-range: bytes 3-5/6'),
    3,
    'more than the 3 bytes',
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
    code: 'STORAGE_REFUSED',
    what: expect.stringContaining(why) as string,
  });
});

it('takes no bytes from S3 behind the part that was asked for', async () => {
  told = answer(206, '3456789', 'etag: "e"', 'content-range: bytes 3-9/10');
  await expect(textOf(s3, 'day/a', { offset: 3, end: 5 })).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
});

it.each([
  [
    'a part that ends where the object does',
    answer(206, '345', 'etag: "e"', 'content-range: bytes 3-5/6'),
    3,
    9,
    '345',
  ],
  ['a part of an empty object, as Ceph answers', answer(206, '', 'etag: "e"', 'content-range: bytes */0'), 0, 1, ''],
  [
    'chunks of which the last one says that it is the last',
    'HTTP/1.1 200 X\r\nconnection: close\r\netag: "e"\r\ntransfer-encoding: chunked\r\n\r\n3\r\n012\r\n0\r\n\r\n',
    0,
    undefined,
    '012',
  ],
])('takes %s', async (_, answered, offset, end, expected) => {
  told = answered;
  expect(await textOf(s3, 'day/a', { offset, ...(end !== undefined && { end }) })).toBe(expected);
});

describe('an object whose ETag is empty, as of a file that was put behind a gateway', () => {
  const LATER = 'last-modified: Sat, 21 Nov 2026 00:00:01 GMT';
  const versionNow = async (size: string): Promise<string> => {
    told = page(contents(KEY, TIME, '<ETag></ETag>', size));
    const found = await s3.find('day/a');
    return found?.version ?? '';
  };
  const file = (body: string, modified: string): string => answer(200, body, 'etag:', modified);

  it('has a version by its time and size', async () => {
    const version = await versionNow(SIZE);
    expect(version).not.toBe(await versionNow('<Size>11</Size>'));
    told = file('0123456789', 'last-modified: Sat, 21 Nov 2026 00:00:00 GMT');
    expect(await textOf(s3, 'day/a', { version })).toBe('0123456789');
    told = answer(206, '345', 'etag:', 'last-modified: Sat, 21 Nov 2026 00:00:00 GMT', 'content-range: bytes 3-5/10');
    expect(await textOf(s3, 'day/a', { version, offset: 3, end: 6 })).toBe('345');
  });

  it.each([
    ['time', file('0123456789', LATER)],
    ['size', file('012345678', 'last-modified: Sat, 21 Nov 2026 00:00:00 GMT')],
    ['ETag', answer(200, '0123456789', 'etag: "e"', 'last-modified: Sat, 21 Nov 2026 00:00:00 GMT')],
  ])('is another one with another %s', async (_, answered) => {
    const version = await versionNow(SIZE);
    told = answered;
    await expect(textOf(s3, 'day/a', { version })).rejects.toMatchObject({ code: 'STORAGE_CHANGED' });
  });
});

it('takes no empty version for one, since a later write on that condition would have none', async () => {
  told = answer(200, '', 'etag:');
  await expect(s3.write('day/a', Buffer.from('x'))).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    what: expect.stringContaining('no ETag') as string,
  });
});

it.each([
  ['PreconditionFailed', 412],
  ['ConditionalRequestConflict', 409],
])('takes S3’s %s for a condition that does not hold: another writer came first', async (code, status) => {
  const error = `<Error><Code>${code}</Code><Message>no</Message></Error>`;
  told = (request) => (request.startsWith('HEAD') ? answer(404, '') : answer(status, error));
  expect(await s3.writeIf('day/a', Buffer.from('x'), { ifAbsent: true })).toBeUndefined();
  expect(await s3.writeIf('day/a', Buffer.from('x'), { ifVersion: '"e"' })).toBeUndefined();
});

it('takes the names of folders without asking what else is said of them', async () => {
  told = page(contents('<Key>root/day/</Key>') + contents('<Key>root/day/.daybreak-x</Key>'));
  expect(await list(s3)).toEqual([]);
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

const HTML = answer(200, '<html>Please log in</html>');
/** The file that is there, and the one that is written, have a byte. */
const VERSION_OF_FILE = '7-1795219200000-1';
const isOperation = (request: string, operation: string): boolean => request.includes(`op=${operation}`);

it.each([
  ['CREATE', (storage: Storage) => storage.write('day/a', Buffer.from('x'))],
  ['RENAME', (storage: Storage) => storage.write('day/a', Buffer.from('x'))],
  ['RENAME', (storage: Storage) => storage.writeIf('day/a', Buffer.from('x'), { ifAbsent: true })],
  ['SETXATTR', (storage: Storage) => storage.writeIf('day/a', Buffer.from('x'), { ifVersion: VERSION_OF_FILE })],
  ['DELETE', (storage: Storage) => storage.remove(['day/a'])],
] as const)('takes no page of something else for the success of %s', async (operation, act) => {
  let asked = 0;
  told = (request) => {
    if (isOperation(request, operation)) {
      asked += 1;
      return HTML;
    }
    if (isOperation(request, 'GETFILESTATUS')) {
      return answer(200, JSON.stringify({ FileStatus: entry({ length: 1 }) }));
    }
    if (isOperation(request, 'GETXATTRS')) return answer(200, '{"XAttrs":[]}');
    return isOperation(request, 'DELETE') ? answer(200, '{"boolean":true}') : answer(200, '');
  };
  await expect(act(hdfs)).rejects.toMatchObject({
    code: 'STORAGE_REFUSED',
    what: expect.stringContaining('not what WebHDFS gives') as string,
  });
  expect(asked).toBeGreaterThan(0);
});

it('takes no bytes from HDFS behind the end of a file', async () => {
  told = (request) =>
    isOperation(request, 'OPEN')
      ? answer(200, '<html>Please log in</html>')
      : answer(200, JSON.stringify({ FileStatus: entry({}) }));
  await expect(textOf(hdfs, 'day/a')).rejects.toMatchObject({
    code: 'STORAGE_REFUSED',
    what: expect.stringContaining('more than the 10 bytes') as string,
  });
});

it('shows no part of a delegation token', async () => {
  const token = 'SECRET'.repeat(20);
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const storage = await openStorage(
    { kind: 'webhdfs', scheme: 'webhdfs', authority: `127.0.0.1:${port}`, path: '/root' },
    { environment: { HADOOP_TOKEN: token }, retry: RETRY },
  );
  for (const status of [200, 500]) {
    told = answer(status, `<html>${' '.repeat(250)}delegation=${token}</html>`);
    const thrown: unknown = await list(storage).catch((error: unknown) => error);
    expect(String(thrown)).toContain('delegation=');
    expect(String(thrown)).not.toContain('SECRET');
  }
});
