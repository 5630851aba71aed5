import { mkdir, readdir, symlink } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { checkInput } from '../../../engines/input/check-input';
import { loadExample, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
const now = new Date('2026-11-22T03:00:00Z');
const YESTERDAY = 'names.20261121.07.json';
const TODAY = 'names.20261122.07.json';
let count = 0;

async function check(files: Readonly<Record<string, string>>) {
  const location = join(root, `input-${(count += 1)}`);
  await writeFiles(location, files);
  const { pipeline } = await loadExample('events');
  return checkInput(pipeline, location, { scratch: join(root, 'scratch'), now });
}

it.each([YESTERDAY, TODAY])('lists the input and reads %s, and leaves nothing behind', async (name) => {
  expect(await check({ [name]: '{}\n', 'names.20261101.07.json': '{}\n', 'notes.txt': '' })).toMatchObject({
    of: 'input',
    place: join(root, `input-${count}`),
    can: ['list', 'read'],
    file: name,
  });
  expect(await readdir(root)).not.toContain('scratch');
});

it('reads an empty file', async () => {
  expect(await check({ [YESTERDAY]: '' })).toMatchObject({ can: ['list', 'read'], failure: undefined });
});

it('says which days it looked for where no file of them is there', async () => {
  expect(await check({ 'names.20261101.07.json': '{}\n' })).toMatchObject({
    can: ['list'],
    file: undefined,
    note: 'no file of 2026-11-21 or 2026-11-22 is there to read',
    failure: undefined,
  });
});

it('reads a file, and no folder that has the name of one', async () => {
  const location = join(root, 'folder');
  await mkdir(join(location, YESTERDAY), { recursive: true });
  await writeFiles(location, { [TODAY]: '{}\n' });
  const { pipeline } = await loadExample('events');
  expect(await checkInput(pipeline, location, { scratch: root, now })).toMatchObject({ file: TODAY });
});

it('gives the error of a build where the folder is not there, and where a file leads out of it', async () => {
  const { pipeline } = await loadExample('events');
  const options = { scratch: root, now };
  expect(await checkInput(pipeline, join(root, 'none'), options)).toMatchObject({
    can: [],
    failure: { code: 'NO_INPUT', what: expect.stringContaining(join(root, 'none')) as string },
  });
  const location = join(root, 'link');
  await mkdir(location);
  await symlink('/etc/hostname', join(location, YESTERDAY));
  expect(await checkInput(pipeline, location, options)).toMatchObject({ failure: { code: 'UNREADABLE_INPUT' } });
});

it('gives the error of a variable that is wrong', async () => {
  const { pipeline } = await loadExample('events');
  process.env['DAYBREAK_WEBHDFS_URL'] = 'http://user:password@namenode:9870';
  const checked = await checkInput(pipeline, 'hdfs://namenode/logs', { scratch: root, now }).finally(() => {
    delete process.env['DAYBREAK_WEBHDFS_URL'];
  });
  expect(checked).toMatchObject({ place: 'hdfs://namenode/logs', can: [], failure: { code: 'BAD_CONFIGURATION' } });
  expect(JSON.stringify(checked)).not.toContain('password');
});

it('stops where a server takes the request and never answers', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await new Promise((listening) => silent.once('listening', listening));
  const location = `webhdfs://127.0.0.1:${(silent.address() as AddressInfo).port}/logs`;
  const { pipeline } = await loadExample('events');
  const checked = await checkInput(pipeline, location, { scratch: root, now, timeout: 1 });
  expect(checked).toMatchObject({
    place: location,
    can: [],
    failure: { code: 'STORAGE_FAILED', what: `looking into ${location} failed: it gave no answer within 1 s` },
  });
  for (const socket of sockets) socket.destroy();
  silent.close();
});
