import { mkdtempSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localStorage } from '../../../../clients/storage/local/local-storage';
import { listed, textOf } from '../read-all';

const scratch = mkdtempSync(join(tmpdir(), 'daybreak-storage-'));
afterAll(() => rm(scratch, { recursive: true, force: true }));
const [root, outside] = [join(scratch, 'root'), join(scratch, 'outside')];
const storage = localStorage({ kind: 'local', folder: root });
beforeEach(async () => {
  await rm(root, { recursive: true, force: true });
  await rm(outside, { recursive: true, force: true });
  await mkdir(join(root, 'folder'), { recursive: true });
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), 'of another');
});
const refused = { code: 'STORAGE_REFUSED', what: expect.stringContaining('leads out of') as string };

it('a link to a file outside is neither listed, read nor found', async () => {
  await symlink(join(outside, 'secret'), join(root, 'folder/link'));
  await expect(listed(storage, 'folder/')).rejects.toMatchObject(refused);
  await expect(textOf(storage, 'folder/link')).rejects.toMatchObject(refused);
  await expect(storage.find('folder/link')).rejects.toMatchObject(refused);
});

it('a link to a folder outside is neither written, removed nor cleared in', async () => {
  await symlink(outside, join(root, 'link'));
  await expect(textOf(storage, 'link/secret')).rejects.toMatchObject(refused);
  await expect(storage.write('link/new', Buffer.from('x'))).rejects.toMatchObject(refused);
  await expect(storage.writeIf('link/new', Buffer.from('x'), { ifAbsent: true })).rejects.toMatchObject(refused);
  await expect(storage.write('link/deep/new', Buffer.from('x'))).rejects.toMatchObject(refused);
  await expect(storage.remove(['link/secret'])).rejects.toMatchObject(refused);
  await expect(storage.removeUnfinished('link/', new Date(Date.now() + 60_000))).rejects.toMatchObject(refused);
  await storage.removeFolder('link/');
  expect(await readdir(root)).toEqual(['folder']);
  expect(await readdir(outside)).toEqual(['secret']);
});

it('a link in the place of an object is replaced, not followed', async () => {
  await symlink(join(outside, 'secret'), join(root, 'object'));
  await storage.write('object', Buffer.from('own'));
  expect((await lstat(join(root, 'object'))).isSymbolicLink()).toBe(false);
  expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('of another');
});

it('a link within the folder is read as what it leads to, and a dangling one is nothing', async () => {
  await storage.write('folder/object', Buffer.from('own'));
  await symlink('folder/object', join(root, 'link'));
  await symlink('nowhere', join(root, 'dangling'));
  expect((await listed(storage, '')).map(({ key }) => key).sort()).toEqual(['folder/object', 'link']);
  expect(await textOf(storage, 'link')).toBe('own');
  expect(await storage.find('dangling')).toBeUndefined();
});

it.each(['../outside/secret', 'folder/../../outside/secret', '/etc/passwd', 'folder//x', './x', '', 'a\0b', 'folder/'])(
  'the name %j is refused',
  async (key) => {
    await expect((async () => textOf(storage, key))()).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
    await expect((async () => storage.write(key, Buffer.from('x')))()).rejects.toMatchObject({
      code: 'STORAGE_REFUSED',
    });
    await expect((async () => storage.remove([key]))()).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
    expect(await readdir(outside)).toEqual(['secret']);
  },
);

it('a pipe does not stop the reader, and a folder is no object', async () => {
  execFileSync('mkfifo', [join(root, 'pipe')]);
  expect(await storage.find('pipe')).toBeUndefined();
  expect(await storage.find('folder')).toBeUndefined();
  await expect(textOf(storage, 'pipe')).rejects.toMatchObject({ code: 'STORAGE_CHANGED' });
  expect(await listed(storage, '')).toEqual([]);
});

it('files and folders get the modes that the umask leaves', async () => {
  const before = process.umask(0o027);
  try {
    await storage.write('new/deep/file', Buffer.from('x'));
    await storage.writeIf('new/other', Buffer.from('x'), { ifAbsent: true });
  } finally {
    process.umask(before);
  }
  const modeOf = async (name: string): Promise<string> => ((await lstat(join(root, name))).mode & 0o777).toString(8);
  expect(await Promise.all(['new', 'new/deep', 'new/deep/file', 'new/other'].map(modeOf))).toEqual([
    ...['750', '750', '640', '640'],
  ]);
});

it('a file that is written in place while it is read is noticed', async () => {
  await storage.write('growing', Buffer.from('one'));
  const reading = async (): Promise<void> => {
    for await (const chunk of storage.read('growing')) await writeFile(join(root, 'growing'), `${chunk.length} more`);
  };
  await expect(reading()).rejects.toMatchObject({ code: 'STORAGE_CHANGED' });
});

it('the lock of a writer that was killed is waited for', async () => {
  const version = await storage.write('a', Buffer.from('one'));
  await mkdir(join(root, '.daybreak-a.lock'));
  expect(await storage.writeIf('a', Buffer.from('two'), { ifVersion: version })).toBeDefined();
  expect(await readdir(root)).toEqual(['a', 'folder']);
});

it('what the file system refuses is told with what and where', async () => {
  await storage.write('file', Buffer.from('x'));
  await expect(storage.write('file/below', Buffer.from('x'))).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
  await expect(storage.write('folder', Buffer.from('x'))).rejects.toMatchObject({
    code: 'STORAGE_REFUSED',
    what: expect.stringContaining(join(root, 'folder')) as string,
    remedy: expect.stringContaining('ls -l') as string,
  });
});
