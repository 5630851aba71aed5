import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { locationOf, openStorage } from '../../../clients/storage';
import { parseBusinessDate } from '../../../domain/business-date';
import { readSettings } from '../../../engines/pipeline/read-pipeline';
import { type Existing, feedDay } from '../../../scripts/feed/feed-day';
import { feedLive } from '../../../scripts/feed/feed-live';
import { objectSink } from '../../../scripts/feed/files/object-sink';
import { fileLinesOf } from '../../../scripts/feed/tally';
import { conformance } from '../../clients/storage/conformance';
import { textOf } from '../../clients/storage/read-all';
import { startStorageServer, type StorageServer } from '../support/storage-servers';
import { webHdfs } from './web-hdfs';

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
    async makeFolder(folder) {
      const query = { op: 'MKDIRS', 'user.name': USER };
      await webHdfs(server.url, 'PUT', `${ROOT}/${folder.slice(0, -1)}`, query);
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
    const storage = await open();
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
    const storage = await open();
    const first = await storage.write('dead', Buffer.from('first'));
    const claim = { op: 'SETXATTR', 'xattr.name': 'user.daybreak.next.1', 'xattr.value': '"/nowhere"', flag: 'CREATE' };
    await webHdfs(server.url, 'PUT', `/.reserved/.inodes/${first.split('-')[0]}`, { ...claim, 'user.name': USER });
    const second = await storage.writeIf('dead', Buffer.from('second'), { ifVersion: first });
    expect(second).toBe((await storage.find('dead'))?.version);
    expect(await textOf(storage, 'dead')).toBe('second');
  });

  it("takes a feed's day, more of the same day, and a live stream", async () => {
    const example = await readSettings('pipelines/events');
    const pattern = 'fed/%Y%m%d/%H*.json';
    const pipeline = { ...example, files: { ...example.files, pattern } };
    const storage = await open();
    const scratch = await mkdtemp(join(tmpdir(), 'daybreak-hdfs-'));
    const sink = objectSink(storage, pipeline, { scratch });
    const shares = { seed: 1, timeZone: pipeline.timeZone, duplicates: 0.1, late: 0.1, bad: 0.1, maximumDelay: 1_000 };
    const never = new AbortController().signal;
    const lines = async (): Promise<number> => {
      let count = 0;
      for await (const { key } of storage.list('fed/')) count += (await textOf(storage, key)).split('\n').length - 1;
      return count;
    };
    const day = { ...shares, date: parseBusinessDate('2026-11-21'), events: 480, rhythm: 'even' } as const;
    const fed = (existing: Existing) => feedDay({ ...day, existing }, undefined, sink, () => undefined, never);
    const { tally } = await fed('refuse');
    expect(await lines()).toBe(fileLinesOf(tally.total));
    await expect(fed('refuse')).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
    await fed('append');
    expect(await lines()).toBe(2 * fileLinesOf(tally.total));
    await fed('replace');
    expect(await lines()).toBe(fileLinesOf(tally.total));
    const live = await feedLive({ ...shares, rate: 200, seconds: 0.5 }, undefined, sink, () => undefined, never);
    expect(await lines()).toBe(fileLinesOf(tally.total) + fileLinesOf(live.tally.total));
    sink.close();
    await rm(scratch, { recursive: true });
  });

  it('gives an address that any HTTP client reads an object under', async () => {
    const storage = await open();
    const key = `${randomUUID()}/a b.json`;
    await storage.write(key, Buffer.from('hello'));
    expect(await (await fetch(storage.httpUrl?.(key) ?? '')).text()).toBe('hello');
  });
});
