import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import pino from 'pino';
import { startOutputServer } from '../../worker/output-server';
import { scratchFolder } from '../engines/scratch';

const root = scratchFolder();
const data = join(root, 'data');
const VERSION = '/events/output/.versions/2026-03-14/0123456789abcdef';
const TOKEN = 'sixteen-characters-or-more';
const SECRET = 'a file outside of the data folder';
let server: Server;

beforeAll(async () => {
  await mkdir(join(data, VERSION), { recursive: true });
  await writeFile(join(data, VERSION, '07.ndjson'), '{}\n');
  await writeFile(join(root, 'secret'), SECRET);
  await writeFile(join(root, '07.ndjson'), SECRET);
  await symlink(join(root, 'secret'), join(data, VERSION, '08.ndjson'));
  await symlink('/dev/zero', join(data, VERSION, '09.ndjson'));
  await mkdir(join(data, VERSION, '10.ndjson'));
  await symlink(root, join(data, dirname(VERSION), 'fedcba9876543210'));
  server = await startOutputServer({ data, port: 0, token: TOKEN, logger: pino({ level: 'silent' }) });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Sends the path unchanged. Other clients would normalise it. */
function get(path: string, authorization: string | undefined = basic('daybreak', TOKEN)): Promise<[number, string]> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const headers = authorization === '' ? {} : { authorization };
    request({ host: '127.0.0.1', port, path, headers, timeout: 5_000 }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
        if (body.length > 10_000) response.destroy(); // A device has no end.
      });
      response.on('close', () => {
        resolve([response.statusCode ?? 0, body]);
      });
    })
      .on('error', reject)
      .end();
  });
}

it('serves a file, so that what follows is refused for its own reason', async () => {
  expect(await get(`${VERSION}/07.ndjson`)).toEqual([200, '{}\n']);
});

it.each([
  `${VERSION}/../../../../../../secret`,
  `${VERSION}/../../../../../07.ndjson`,
  `${VERSION}/..%2f..%2f..%2f..%2f..%2f07.ndjson`,
  `${VERSION}/%2e%2e/0123456789abcdef/07.ndjson`,
  `${VERSION}/07.ndjson%00`,
  `${VERSION}/07.ndjson?x`,
  `${VERSION}/07.ndjson/`,
  `${VERSION}//07.ndjson`,
  `/${VERSION}/07.ndjson`,
  `http://127.0.0.1${VERSION}/07.ndjson`,
  `/../data${VERSION}/07.ndjson`,
  `/events/output/2026-03-14/07.ndjson`,
  `/Events/output/.versions/2026-03-14/0123456789abcdef/07.ndjson`,
  '*',
])('has no %s', async (path) => {
  const [status, body] = await get(path);
  expect([status, body]).toEqual([404, '']);
});

it.each([
  ['a link to a file outside', `${VERSION}/08.ndjson`],
  ['a link to a device', `${VERSION}/09.ndjson`],
  ['a folder', `${VERSION}/10.ndjson`],
  ['a file in a version that is a link', `${dirname(VERSION)}/fedcba9876543210/07.ndjson`],
])('does not serve %s', async (_, path) => {
  const [status, body] = await get(path);
  expect(body).not.toContain(SECRET);
  expect(status).toBe(404);
});

it.each([
  '',
  'Basic',
  'Basic ',
  `Bearer ${TOKEN}`,
  TOKEN,
  basic('daybreak', ''),
  basic('', TOKEN),
  basic('daybreak', TOKEN.slice(0, -1)),
  basic('daybreak', `${TOKEN}x`),
  basic('daybreak', `${TOKEN}\0`),
  basic('Daybreak', TOKEN),
  `${basic('daybreak', TOKEN)} `.repeat(2).trim(),
])('lets nobody in with %j', async (authorization) => {
  expect(await get(`${VERSION}/07.ndjson`, authorization)).toEqual([401, '']);
});
