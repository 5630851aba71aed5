import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { locationOf, openStorage } from '../../../clients/storage';
import { conformance, textOf } from '../../clients/storage/conformance';
import { startStorageServer, type StorageServer } from '../support/storage-servers';
import { webHdfs } from './web-hdfs';

jest.setTimeout(120_000);

let server: StorageServer;
beforeAll(async () => {
  server = await startStorageServer('hdfs');
}, 900_000);
afterAll(() => server.stop());

const ROOT = '/some/folder';
const USER = 'daybreak';
const location = () => locationOf(`webhdfs://${new URL(server.url).host}${ROOT}`);
const open = () => openStorage(location(), { environment: { HADOOP_USER_NAME: USER } });
beforeAll(async () => {
  // The cluster belongs to the user who started it.
  await webHdfs(server.url, 'PUT', '/', { op: 'SETPERMISSION', permission: 777, 'user.name': userInfo().username });
});

describe('a real HDFS', () => {
  conformance(() => ({
    many: 50,
    open,
    async unfinished(folder) {
      const found: string[] = [];
      for await (const path of filesBelow(`${ROOT}/${folder}`)) if (path.includes('.daybreak-')) found.push(path);
      return found;
    },
    async leaveUnfinished(folder) {
      const query = { op: 'CREATE', 'user.name': USER };
      await webHdfs(server.url, 'PUT', `${ROOT}/${folder}.daybreak-killed.part`, query, 'half');
    },
  }));

  async function* filesBelow(folder: string): AsyncGenerator<string> {
    const path = folder.replace(/\/$/, '');
    const answer = await webHdfs(server.url, 'GET', path, { op: 'LISTSTATUS' });
    const { FileStatuses } = answer as { FileStatuses?: { FileStatus: { pathSuffix: string; type: string }[] } };
    for (const { pathSuffix, type } of FileStatuses?.FileStatus ?? []) {
      if (type === 'DIRECTORY') yield* filesBelow(`${path}/${pathSuffix}`);
      else yield `${path}/${pathSuffix}`;
    }
  }

  it('finishes what a writer has claimed that was killed before it renamed', async () => {
    const storage = open();
    const first = await storage.write('claimed', Buffer.from('first'));
    const inode = first.split('-')[0];
    const next = `${ROOT}/.daybreak-killed.part`;
    await webHdfs(server.url, 'PUT', next, { op: 'CREATE', 'user.name': USER }, 'killed');
    const claim = { op: 'SETXATTR', 'xattr.name': 'user.daybreak.next.1', 'xattr.value': `"${next}"`, flag: 'CREATE' };
    await webHdfs(server.url, 'PUT', `/.reserved/.inodes/${inode}`, { ...claim, 'user.name': USER });
    expect(await storage.writeIf('claimed', Buffer.from('second'), { ifVersion: first })).toBeUndefined();
    expect(await textOf(storage, 'claimed')).toBe('killed');
    const { version = '' } = (await storage.find('claimed')) ?? {};
    expect(await storage.writeIf('claimed', Buffer.from('third'), { ifVersion: version })).toBeDefined();
    expect(await textOf(storage, 'claimed')).toBe('third');
  });

  it('goes past a claim whose file was cleared', async () => {
    const storage = open();
    const first = await storage.write('dead', Buffer.from('first'));
    const claim = { op: 'SETXATTR', 'xattr.name': 'user.daybreak.next.1', 'xattr.value': '"/nowhere"', flag: 'CREATE' };
    await webHdfs(server.url, 'PUT', `/.reserved/.inodes/${first.split('-')[0]}`, { ...claim, 'user.name': USER });
    const second = await storage.writeIf('dead', Buffer.from('second'), { ifVersion: first });
    expect(second).toBe((await storage.find('dead'))?.version);
    expect(await textOf(storage, 'dead')).toBe('second');
  });

  it('gives an address that any HTTP client reads an object under', async () => {
    const storage = open();
    const key = `${randomUUID()}/a b.json`;
    await storage.write(key, Buffer.from('hello'));
    expect(await (await fetch(storage.httpUrl?.(key) ?? '')).text()).toBe('hello');
  });
});
