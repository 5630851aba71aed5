import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { locationOf, openStorage, type Storage } from '../../../clients/storage';
import { listed, textOf } from '../../clients/storage/read-all';
import { faultyProxy, type FaultyProxy } from '../support/faulty-proxy';
import { startStorageServer, type StorageServer } from '../support/storage-servers';
import { webHdfs } from './web-hdfs';

const MEBIBYTE = 1024 * 1024;
const TIMEOUT = { attempts: 4, firstPauseMs: 10, longestPauseMs: 50, idleMs: 1_500 };
const USER = 'daybreak';
let server: StorageServer;
let proxy: FaultyProxy;
let storage: Storage;

beforeAll(async () => {
  server = await startStorageServer('hdfs');
  const open = { op: 'SETPERMISSION', permission: 777, 'user.name': userInfo().username };
  await webHdfs(server.url, 'PUT', '/', open);
}, 900_000);
afterAll(() => server.stop());
beforeEach(async () => {
  proxy = await faultyProxy(server.url);
  storage = await open();
});
afterEach(() => proxy.close());

const open = (environment: NodeJS.ProcessEnv = {}, url = proxy.url): Promise<Storage> =>
  openStorage(locationOf(`webhdfs://${new URL(url).host}/faults`), {
    environment: { HADOOP_USER_NAME: USER, ...environment },
    retry: TIMEOUT,
  });
/** A request to the NameNode, or to the DataNode that it named. */
const op = (name: string) => (seen: string) => seen.includes(`op=${name}&`) || seen.endsWith(`op=${name}`);
const dataNode = (name: string) => (seen: string) => seen.includes('/elsewhere/') && op(name)(seen);
const exception = (status: number, name: string, message: string) => ({
  answer: status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ RemoteException: { exception: name, javaClassName: `x.${name}`, message } }),
});
const thrownBy = (work: Promise<unknown>): Promise<unknown> => work.catch((thrown: unknown) => thrown);

describe('a NameNode that cannot do it now', () => {
  it.each([
    ['is busy', exception(403, 'RetriableException', 'server too busy')],
    ['is in safe mode', exception(403, 'SafeModeException', 'Name node is in safe mode')],
    ['has failed inside', { answer: 503, body: 'overloaded' }],
    ['loses its answer', 'lose the answer' as const],
  ])('and %s is waited for', async (_, fault) => {
    await storage.write('a', Buffer.from('hello'));
    for (const name of ['GETFILESTATUS', 'OPEN', 'LISTSTATUS_BATCH', 'CREATE', 'RENAME', 'DELETE']) {
      proxy.fail((seen) => op(name)(seen) && !seen.includes('/elsewhere/'), fault, 2);
    }
    expect(await textOf(storage, 'a')).toBe('hello');
    expect((await listed(storage, '')).map(({ key }) => key)).toEqual(['a']);
    const version = await storage.write('b', Buffer.from('next'));
    expect((await storage.find('b'))?.version).toBe(version);
    await storage.remove(['b']);
    expect(await storage.find('b')).toBeUndefined();
  });

  it('for long is told', async () => {
    proxy.fail(op('LISTSTATUS_BATCH'), { answer: 503, body: 'overloaded' }, 100);
    expect(await thrownBy(listed(storage, ''))).toMatchObject({
      code: 'STORAGE_FAILED',
      what: expect.stringMatching(/^listing webhdfs:.*\/faults failed: it answered 503: overloaded$/) as string,
    });
    expect(proxy.seen).toHaveLength(TIMEOUT.attempts);
  });

  it('is passed over for another that can', async () => {
    const { host } = new URL(proxy.url);
    await storage.write('a', Buffer.from('hello'));
    const both = await open({ DAYBREAK_WEBHDFS_URL: `http://127.0.0.1:1,http://${host}` });
    expect(await textOf(both, 'a')).toBe('hello');
    proxy.fail(op('GETFILESTATUS'), exception(403, 'StandbyException', 'Operation category READ is not supported'));
    expect(await thrownBy(both.find('a'))).toMatchObject({ key: 'a' });
  });
});

describe('a DataNode whose connection breaks', () => {
  it('in the middle of a body is asked again from there', async () => {
    const content = randomBytes(9 * MEBIBYTE);
    await storage.write('large', content);
    for (const cutAfter of [3 * MEBIBYTE, 1, 2 * MEBIBYTE]) proxy.fail(dataNode('OPEN'), { cutAfter });
    const hash = createHash('sha256');
    for await (const chunk of storage.read('large')) hash.update(chunk);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
    expect(proxy.seen.filter(dataNode('OPEN'))).toHaveLength(4);
  });

  it('or stands still is asked again from there', async () => {
    await storage.write('still', Buffer.from('0123456789'));
    proxy.fail(dataNode('OPEN'), { silentAfter: 4 });
    expect(await textOf(storage, 'still', { offset: 2, end: 9 })).toBe('2345678');
  });

  it('gives no bytes of another version', async () => {
    await storage.write('a', Buffer.from('former'));
    proxy.fail(dataNode('OPEN'), { cutAfter: 3 });
    const reading = async (): Promise<void> => {
      for await (const chunk of storage.read('a')) await storage.write('a', Buffer.from(`after ${chunk.length}`));
    };
    expect(await thrownBy(reading())).toMatchObject({ code: 'STORAGE_CHANGED' });
    // The file is replaced after its version was read, and before the first byte.
    proxy.fail((seen) => op('OPEN')(seen) && !dataNode('OPEN')(seen), {
      meanwhile: async () => {
        await (await open({}, server.url)).write('a', Buffer.from('other!'));
      },
    });
    expect(await thrownBy(textOf(storage, 'a'))).toMatchObject({ code: 'STORAGE_CHANGED' });
  });

  it('takes the whole content again, or nothing of a stream', async () => {
    proxy.fail(dataNode('CREATE'), 'lose the answer');
    await storage.write('whole', Buffer.from('hello'));
    expect(await textOf(storage, 'whole')).toBe('hello');
    proxy.fail(dataNode('CREATE'), 'lose the answer');
    async function* body(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.from('streamed'));
    }
    expect(await thrownBy(storage.write('streamed', body()))).toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await storage.find('streamed')).toBeUndefined();
  });
});

it.each(['ifAbsent', 'ifVersion'] as const)('a lost answer to a write %s does not make it look lost', async (name) => {
  const version = await storage.write('b', Buffer.from('former'));
  const [key, condition] = name === 'ifAbsent' ? ['c', { ifAbsent: true } as const] : ['b', { ifVersion: version }];
  proxy.fail(op('SETXATTR'), 'lose the answer');
  proxy.fail(op('RENAME'), 'lose the answer');
  const written = await storage.writeIf(key, Buffer.from('own'), condition);
  expect(written).toBe((await storage.find(key))?.version);
  expect(await textOf(storage, key)).toBe('own');
});

describe('what no retry mends is told with its remedy:', () => {
  it('a right that is missing', async () => {
    await storage.write('a', Buffer.from('hello'));
    // A folder inherits the rights of its parent folder.
    await webHdfs(server.url, 'PUT', '/faults', { op: 'SETPERMISSION', permission: 755, 'user.name': USER });
    const nobody = await open({ HADOOP_USER_NAME: 'nobody' });
    expect(await thrownBy(nobody.write('b', Buffer.from('x')))).toMatchObject({
      code: 'STORAGE_REFUSED',
      what: expect.stringContaining('Permission denied: user=nobody') as string,
      remedy: expect.stringContaining('export HADOOP_USER_NAME') as string,
    });
    expect(await thrownBy(nobody.remove(['a']))).toMatchObject({ code: 'STORAGE_REFUSED' });
  });

  it('a token that has expired, which stands in no message and goes nowhere with a name', async () => {
    // As it stands in an address it has other characters.
    const token = 'JAAEcm9vdC1zZWNyZXQtdG9rZW4=';
    const other = await open({ HADOOP_TOKEN: token });
    proxy.fail(
      op('GETFILESTATUS'),
      exception(403, 'InvalidToken', `token ${token} (${encodeURIComponent(token)}) is expired`),
    );
    const thrown = await thrownBy(other.find('a'));
    expect(thrown).toMatchObject({
      code: 'STORAGE_REFUSED',
      what: expect.stringContaining('token [token] ([token]) is expired') as string,
      remedy: expect.stringContaining('HADOOP_TOKEN') as string,
    });
    expect(`${String(thrown)} ${JSON.stringify(thrown)}`).not.toContain(token.slice(0, -1));
    expect(proxy.seen[0]).toContain(`delegation=${encodeURIComponent(token)}`);
    expect(proxy.seen[0]).not.toContain('user.name');
  });

  it('Kerberos', async () => {
    proxy.fail(op('LISTSTATUS_BATCH'), { answer: 401, headers: { 'www-authenticate': 'Negotiate' }, body: '' });
    expect(await thrownBy(listed(storage, ''))).toMatchObject({
      code: 'STORAGE_REFUSED',
      remedy: expect.stringContaining('op=GETDELEGATIONTOKEN') as string,
    });
  });

  it("the port of Hadoop's own protocol", async () => {
    // The NameNode's RPC port is the one before its HTTP port.
    const rpc = await open({}, `http://127.0.0.1:${Number(new URL(server.url).port) - 1}`);
    expect(await thrownBy(rpc.find('a'))).toMatchObject({
      code: 'STORAGE_REFUSED',
      remedy: expect.stringContaining('DAYBREAK_WEBHDFS_URL') as string,
    });
  });

  it('a NameNode that is not there', async () => {
    expect(await thrownBy((await open({}, 'http://127.0.0.1:1')).find('a'))).toMatchObject({
      code: 'STORAGE_FAILED',
      what: expect.stringContaining('ECONNREFUSED') as string,
    });
  });
});

describe('a redirect', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const other of servers.splice(0)) other.close();
  });

  it.each(['file:///etc/passwd', 'ftp://host/x', 'http://user:secret-of-the-test@127.0.0.1:1/x', '', 'http://'])(
    "to '%s' is not followed",
    async (location) => {
      await storage.write('a', Buffer.from('hello'));
      proxy.fail(op('OPEN'), { answer: 307, headers: { location } });
      const thrown = await thrownBy(textOf(storage, 'a'));
      expect(thrown).toMatchObject({ code: 'STORAGE_REFUSED' });
      expect(String(thrown)).not.toContain('secret-of-the-test');
    },
  );

  it('is followed once, to the address as it is: no name, token or header of ours is added', async () => {
    const seen: { url: string | undefined; headers: object }[] = [];
    const other = createServer((request, response) => {
      seen.push({ url: request.url, headers: request.headers });
      response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
    });
    servers.push(other);
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/x?op=OPEN`;
    await storage.write('a', Buffer.from('hello'));
    // The redirect of an answer that the test makes does not go through the proxy.
    proxy.fail(op('OPEN'), { answer: 307, headers: { location, 'set-cookie': 'hadoop.auth=secret' } });
    const token = 'JAAEcm9vdC1zZWNyZXQtdG9rZW4';
    expect(await thrownBy(textOf(await open({ HADOOP_TOKEN: token }), 'a'))).toMatchObject({ code: 'STORAGE_REFUSED' });
    expect(seen.map(({ url }) => url)).toEqual(['/x?op=OPEN']);
    expect(JSON.stringify(seen)).not.toMatch(new RegExp(`${token}|cookie|authorization|user\\.name`));
  });
});
